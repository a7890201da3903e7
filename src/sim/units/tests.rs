use super::*;
use proptest::prelude::*;

fn ns(text: &str) -> Result<u64, UnitError> {
    text.parse::<Ns>().map(|n| n.0)
}

#[test]
fn durations_are_read() {
    assert_eq!(ns("4ms"), Ok(4_000_000));
    assert_eq!(ns("1.5s"), Ok(1_500_000_000));
    assert_eq!(ns(" 100 us "), Ok(100_000));
    assert_eq!(ns("2µs"), Ok(2_000));
    assert_eq!(ns("1_000"), Ok(1_000));
    assert_eq!(ns("0.000000001s"), Ok(1));
    assert_eq!(ns("2min"), Ok(120_000_000_000));
    assert_eq!(ns("18446744073709551615ns"), Ok(u64::MAX));
}

#[test]
fn what_is_wrong_is_named() {
    let message = |text: &str| ns(text).map_err(|e| e.to_string());
    let err = |s: &str| Err::<u64, _>(s.to_owned());
    assert_eq!(
        message("4furlongs"),
        err("`4furlongs`: unknown unit `furlongs`; known: ns, us, µs, ms, s, min, h")
    );
    assert_eq!(
        message("ms"),
        err("`ms` has no number; write for example `4ms`")
    );
    assert_eq!(
        message(""),
        err("`` has no number; write for example `4ms`")
    );
    assert_eq!(
        message("1.5ns"),
        err("`1.5ns` is not a whole number of nanoseconds")
    );
    assert_eq!(
        message("600000000000s"),
        err("`600000000000s` is too large")
    );
    for bad in ["1.", ".5s", "1.2.3s", "-4ms", "1e3s", "_", "4 m s"] {
        assert!(ns(bad).is_err(), "{bad}");
    }
}

#[test]
fn bytes_and_rates_are_read() {
    let bytes = |t: &str| t.parse::<Bytes>().map(|b| b.0);
    assert_eq!(bytes("128KiB"), Ok(131_072));
    assert_eq!(bytes("64k"), Ok(65_536));
    assert_eq!(bytes("1MB"), Ok(1_000_000));
    assert_eq!(bytes("0.5MiB"), Ok(524_288));
    let rate = |t: &str| t.parse::<BitRate>().map(|r| r.0);
    assert_eq!(rate("16Gbit"), Ok(16_000_000_000));
    assert_eq!(rate("400MB/s"), Ok(3_200_000_000));
}

#[test]
fn texts_are_the_shortest_exact() {
    assert_eq!(Span(Ns(4_000_000)).to_string(), "4ms");
    assert_eq!(Span(Ns(0)).to_string(), "0ns");
    assert_eq!(Span(Ns(1_500_000)).to_string(), "1500us");
    assert_eq!(Bytes(131_072).to_string(), "128KiB");
    assert_eq!(BitRate(16_000_000_000).to_string(), "16Gbit");
}

#[test]
fn transfer_times_round_up() {
    assert_eq!(BitRate(8_000_000_000).transfer_time(4096), Ns(4096));
    assert_eq!(BitRate(16_000_000_000).transfer_time(1), Ns(1));
    assert_eq!(BitRate(1_000_000_000).transfer_time(4096), Ns(32_768));
    assert_eq!(BitRate(0).transfer_time(1), Ns::NEVER);
    assert_eq!(
        BitRate(8).transfer_time(1 << 40),
        Ns::NEVER.min(Ns(u64::MAX))
    );
}

#[test]
fn formats_take_integers_and_texts() {
    #[derive(Deserialize, Serialize, PartialEq, Debug)]
    struct T {
        a: Ns,
        #[serde(serialize_with = "as_text")]
        b: Ns,
        c: Bytes,
    }
    let t: T = toml::from_str("a = \"4ms\"\nb = 4000\nc = \"1MiB\"").unwrap();
    assert_eq!((t.a, t.b, t.c), (Ns(4_000_000), Ns(4000), Bytes(1 << 20)));
    let json = serde_json::to_string(&t).unwrap();
    assert_eq!(json, r#"{"a":4000000,"b":"4us","c":"1MiB"}"#);
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), t);
    let e = toml::from_str::<T>("a = -1\nb = 0\nc = 0").unwrap_err();
    assert!(e.to_string().contains("a whole number of nanoseconds"));
}

proptest! {
    #[test]
    fn printed_texts_read_back(v: u64) {
        prop_assert_eq!(Span(Ns(v)).to_string().parse::<Ns>(), Ok(Ns(v)));
        prop_assert_eq!(Bytes(v).to_string().parse::<Bytes>(), Ok(Bytes(v)));
        prop_assert_eq!(BitRate(v).to_string().parse::<BitRate>(), Ok(BitRate(v)));
    }
    #[test]
    fn no_text_panics(s in ".{0,40}") {
        let _ = (s.parse::<Ns>(), s.parse::<Bytes>(), s.parse::<BitRate>());
    }
}
