//! Table, message and status: the same in both modes, and unknown to a device of the
//! block layer.

use mpathsim::letter;
use mpathsim::scenario::Mode;

/// What `dmsetup` says of the device of a run: table and status, first and last.
fn said(kernel: &str, mode: Mode, sets: &[String]) -> [String; 4] {
    let shown = letter::row("interface").unwrap().shown[0];
    let text = shown.text.replace("\"2.6.25\"", &format!("\"{kernel}\""));
    let scenario = mpathsim::scenario::parse("interface", &text, sets).unwrap();
    let machine = mpathsim::scenario::build(&scenario, mode).unwrap();
    let outcome = mpathsim::run::run(&machine, &Default::default()).unwrap();
    for action in &outcome.actions {
        assert_eq!(action.error, None, "{}", action.what);
    }
    let map = &outcome.maps[0];
    let texts = [
        &map.table_at_start,
        &map.status_at_start,
        &map.table_at_end,
        &map.status_at_end,
    ];
    texts.map(|text| text.trim_end().to_owned())
}

#[test]
fn table_message_and_status_stay_the_same() {
    for kernel in ["2.6.25", "2.6.31"] {
        let bio = said(kernel, Mode::Bio, &[]);
        assert_eq!(bio, said(kernel, Mode::Request, &[]), "{kernel}");
        let (table, status) = (
            "1 queue_if_no_path 0 1 1",
            "2 0 0 0 1 1 A 0 2 0 sda A 1 sdb F 1",
        );
        assert!(bio[2].contains(table), "{}", bio[2]);
        assert!(bio[3].ends_with(status), "{}", bio[3]);
        // Nothing is kept yet, so that 0 is printed (`queue_size`).
        assert!(bio[1].contains("multipath 2 0 0 0 1 1 E"), "{}", bio[1]);
        // What is kept for want of a path is counted there.
        let lost = "timeline=[{ at = \"50ms\", message = \"queue_if_no_path\" }, \
                    { at = \"100ms\", message = \"fail_path sda\" }, \
                    { at = \"150ms\", message = \"fail_path sdb\" }]"
            .to_string();
        let kept =
            [Mode::Bio, Mode::Request].map(|mode| said(kernel, mode, std::slice::from_ref(&lost)));
        assert_eq!(kept[0], kept[1], "{kernel}");
        assert!(
            kept[0][3].contains("multipath 2 2 0 0 1 1 E"),
            "{}",
            kept[0][3]
        );
        // A printed table loads again, and is printed as it was.
        for mode in [Mode::Bio, Mode::Request] {
            let printed = format!("map.0.table=\"{}\"", bio[2]);
            assert_eq!(said(kernel, mode, &[printed])[0], bio[2], "{kernel}");
        }
    }
    let shown = letter::row("interface").unwrap().shown[0];
    let figures = shown.figures().unwrap();
    assert_eq!(Some(figures.with), figures.without);
}

/// No table, message, status or suspend reaches a device of the block layer;
/// it maps as the patch set does all the same.
#[test]
fn a_device_of_the_block_layer_is_unknown_to_dmsetup() {
    let shown = letter::row("08/13").unwrap().shown[0];
    let timeline = "timeline=[{ at = \"1ms\", message = \"fail_path sda\" }, \
                    { at = \"2ms\", load = \"0 2097152 multipath 0 0 1 1 round-robin 0 1 0 sdb\" }, \
                    { at = \"3ms\", suspend = \"noflush\" }, { at = \"4ms\", resume = true }]"
        .to_string();
    for (way, knows) in [
        ("rq-2008", true),
        ("rq-2.6.31", true),
        ("block-layer", false),
    ] {
        let way_set = format!("multipath=\"{way}\"");
        let (_, outcome) = shown.outcome(&[way_set, timeline.clone()]).unwrap();
        assert_eq!(outcome.actions.len(), 4);
        for action in &outcome.actions {
            assert_eq!(action.error.is_none(), knows, "{way}: {}", action.what);
            if let Some(error) = &action.error {
                assert!(error.contains("No such device or address"), "{error}");
            }
        }
        let map = &outcome.maps[0];
        assert_eq!(map.table_at_end.contains("multipath"), knows, "{way}");
        assert_eq!(map.status_at_end.is_empty(), !knows, "{way}");
        let other = outcome.devices.iter().find(|d| d.name == "sdb").unwrap();
        assert!(!other.issued.is_empty(), "{way}");
    }
}

/// What is printed of it says why there is nothing.
#[test]
fn what_the_block_layer_refuses_is_told_with_the_reason() {
    let of = |patch: &str| {
        let shown = letter::row(patch).unwrap().shown[0];
        let (run, outcome) = shown
            .outcome(&["multipath=\"block-layer\"".into()])
            .unwrap();
        (shown.of)(&run, &outcome)
    };
    let none = "No such device or address";
    assert_eq!(
        of("interface"),
        format!("messages taken 0 of 4\nno table, no status: {none}")
    );
    assert_eq!(of("11/13"), format!("refused 2 of 2, errors 0\n{none}"));
}
