use super::*;
use std::path::Path;

const SMALL: &str = r#"{
 "format": "kernel-observation/1",
 "id": "x", "group": "merge", "cpus": 1, "hz": 250,
 "paths": {"kind": "null_blk", "n": 2, "common": {"hw_queue_depth": 64}},
 "fio_job": "[j]\n",
 "colour": "green",
 "observed": {"devices": {"p0": {"read_ios": 3}, "p1": {}}, "fio": []}
}"#;

fn error(text: &str) -> ObservationError {
    parse(text, Path::new("f.json")).unwrap_err()
}

#[test]
fn one_object_or_an_array() {
    let one = parse(SMALL, Path::new("f")).unwrap();
    let two = parse(&format!(" \n[{SMALL},{SMALL}]"), Path::new("f")).unwrap();
    assert_eq!(one.len(), 1);
    assert_eq!(two.len(), 2);
    assert_eq!(one[0], two[1]);
    assert_eq!(one[0].observed.devices["p0"].read_ios, 3);
    assert_eq!(
        one[0].unknown.keys().collect::<Vec<_>>(),
        ["colour"],
        "an unknown member is kept by name"
    );
}

#[test]
fn errors_name_the_place() {
    let bad = SMALL.replace("\"cpus\": 1", "\"cpus\": \"one\"");
    match error(&bad) {
        ObservationError::Syntax { line, message, .. } => {
            assert_eq!(line, 3);
            assert!(message.contains("u16"), "{message}");
            assert!(!message.contains("line 3"), "{message}");
        }
        e => panic!("{e}"),
    }
    assert_eq!(
        error(&SMALL.replace("observation/1", "observation/2")).to_string(),
        "f.json: x: format is `kernel-observation/2`, not `kernel-observation/1`"
    );
    assert_eq!(
        error(&SMALL.replace("\"fio_job\"", "\"fio\"")).to_string(),
        "f.json: x: `fio_job` is missing"
    );
    assert!(matches!(error("{"), ObservationError::Syntax { .. }));
    assert!(matches!(error(""), ObservationError::Syntax { .. }));
    assert!(matches!(
        read_file(Path::new("/no/such/file")),
        Err(ObservationError::Io { .. })
    ));
}
