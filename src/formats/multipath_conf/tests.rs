use proptest::prelude::*;

use super::*;
use crate::models::multipathd::{
    Checker, DevLoss, Failback, FastIoFail, GroupingPolicy, Layer, NoPathRetry, Prio, Settings,
};

const EXAMPLE: &str = r#"
# what a storage vendor's guide may say
defaults {
	polling_interval 10
	user_friendly_names yes ! ignored
	path_selector "queue-length 0"
	no_path_retry fail
}
blacklist {
	devnode "^sda$"
	device {
		vendor "QEMU"
		product ".*"
	}
}
devices {
	device {
		vendor "PURE"
		product "FlashArray"
		path_selector "service-time 0"
		fast_io_fail_tmo 10
		dev_loss_tmo infinity
		failback 15
	}
	device {
		vendor "ACME"
		product "^Disk (1|2)"
		revision "^A"
		path_checker directio
		hardware_handler "1 alua"
		features "2 pg_init_retries 50"
	}
}
overrides {
	no_path_retry 12
	checker tur
	protocol {
		type "scsi:fcp"
		fast_io_fail_tmo 3
	}
}
multipaths {
	multipath {
		wwid 3600
		alias "the ""big"" one"
		no_path_retry queue
	}
}
"#;

fn device<'a>(vendor: &'a str, product: &'a str) -> Device<'a> {
    Device {
        vendor,
        product,
        ..Device::default()
    }
}

#[test]
fn sections_are_read() {
    let conf = parse(EXAMPLE).unwrap();
    let e = &conf.entries;
    assert_eq!(
        e.defaults,
        Layer {
            polling_interval: Some(10),
            path_selector: Some("queue-length 0".into()),
            no_path_retry: Some(NoPathRetry::Fail),
            ..Layer::default()
        }
    );
    assert_eq!(e.devices[0].layer.failback, Some(Failback::Deferred(15)));
    assert_eq!(e.devices[0].layer.dev_loss_tmo, Some(DevLoss::Infinity));
    assert_eq!(e.overrides.path_checker, Some(Checker::Tur));
    assert_eq!(e.multipaths[0].alias.as_deref(), Some("the \"big\" one"));
    let warned: Vec<String> = conf.warnings.iter().map(|w| w.message.clone()).collect();
    assert_eq!(
        warned,
        [
            "`user_friendly_names` is not modelled",
            "section `blacklist` is not read",
            "section `protocol` is not read",
        ]
    );
    assert_eq!(conf.warnings[0].at.to_string(), "line 5, column 2");
}

#[test]
fn what_is_printed_reads_as_the_same() {
    let conf = parse(EXAMPLE).unwrap().conf;
    let printed = conf.to_string();
    let again = parse(&printed).unwrap().conf;
    assert_eq!(again.without_places(), conf.without_places());
    assert_eq!(again.to_string(), printed);
    assert!(printed.contains("\t\talias \"the \"\"big\"\" one\"\n"));
}

#[test]
fn overrides_beat_devices_and_multipaths_beat_overrides() {
    let conf = parse(EXAMPLE).unwrap();
    let resolved = conf.resolve(&Device {
        wwid: "3600",
        ..device("PURE    ", "FlashArray      ")
    });
    assert_eq!(resolved.alias.as_deref(), Some("the \"big\" one"));
    assert_eq!(resolved.presets, ["pure"]);
    let s = resolved.settings;
    assert_eq!(s.no_path_retry, NoPathRetry::Queue);
    assert_eq!(s.path_selector, "service-time 0", "device over defaults");
    assert_eq!(s.failback, Failback::Deferred(15), "device over built-in");
    assert_eq!(s.prio, Prio::Alua, "built-in");
    assert_eq!(s.polling_interval, 10);

    let other = conf.resolve(&device("PURE", "FlashArray")).settings;
    assert_eq!(other.no_path_retry, NoPathRetry::Checks(12));
}

#[test]
fn what_is_built_in_for_an_array_beats_section_defaults() {
    let conf = parse("defaults {\n failback manual\n no_path_retry 5\n}\n").unwrap();
    let s = conf.resolve(&device("IBM", "2145")).settings;
    assert_eq!(s.failback, Failback::Immediate);
    assert_eq!(s.no_path_retry, NoPathRetry::Queue);
    let s = conf.resolve(&device("ACME", "x")).settings;
    assert_eq!(s.no_path_retry, NoPathRetry::Checks(5));
}

#[test]
fn a_device_matches_by_all_its_patterns() {
    let conf = parse(EXAMPLE).unwrap();
    let checker = |revision, product| {
        let device = Device {
            revision,
            ..device("ACME", product)
        };
        conf.resolve(&device).settings.features
    };
    assert_eq!(checker("A1", "Disk 2"), "2 pg_init_retries 50");
    assert_eq!(checker("B1", "Disk 2"), "0");
    assert_eq!(checker("A1", "a Disk 2"), "0");
}

#[test]
fn an_empty_file_is_all_defaults() {
    let conf = parse("").unwrap();
    let resolved = conf.resolve(&Device::default());
    assert_eq!(resolved.settings, Settings::default());
    assert_eq!(conf.conf.to_string(), "");
}

#[test]
fn what_is_only_odd_is_accepted_with_a_warning() {
    let text = "defaults\n{\n\tpath_selector round-robin 0\n}\n";
    let error = parse(text).unwrap_err();
    assert_eq!(error.at().line, 3, "`round-robin` alone is no selector");

    let conf = parse("defaults {\nprio alua x\nprio const\nprio_args \"\"\n}").unwrap();
    let messages: Vec<&str> = conf.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "only `alua` is read as the value of `prio`, not `x`; a value of several words is quoted",
            "`prio` is given twice; the last counts",
        ]
    );
    assert_eq!(conf.entries.defaults.prio, Some(Prio::Const));

    let conf = parse("defaults\n{\n}").unwrap();
    assert_eq!(conf.warnings.len(), 1);
    let conf = parse("defaults {\n prio hds\n}").unwrap();
    assert!(conf.warnings[0].message.contains("priority 1"));
}

#[track_caller]
fn refused(text: &str, message: &str, hint: Option<&str>) {
    let error = parse(text).unwrap_err();
    assert_eq!(error.to_string(), message);
    assert_eq!(error.hint().as_deref(), hint);
}

#[test]
fn mistakes_are_named_with_their_place_and_a_hint() {
    refused(
        "defaults {\n\tfailbak immediate\n}\n",
        "line 2, column 2: unknown option `failbak`",
        Some("did you mean `failback`?"),
    );
    refused(
        "defaults {\n failback immediatly\n}\n",
        "line 2, column 11: `failback`: `immediatly` is not manual, immediate, followover \
         or a number of seconds from 1 on",
        Some("did you mean `immediate`?"),
    );
    refused(
        "device {\n}",
        "line 1, column 1: unknown section `device`",
        Some("did you mean `devices`?"),
    );
    refused(
        "overrides {\n polling_interval 5\n}",
        "line 2, column 2: `polling_interval` is not an option of section `overrides`",
        Some("it is an option of section `defaults`"),
    );
    refused(
        "devices {\n vendor x\n}",
        "line 2, column 2: `vendor` is not an option of section `devices`",
        Some("it is an option of section `device`"),
    );
    refused(
        "devices {\n device {\n vendor x\n }\n}",
        "line 2, column 2: `device` without `product`",
        Some("add `product \"…\"`"),
    );
    refused(
        "multipaths {\n multipath {\n alias x\n }\n}",
        "line 2, column 2: `multipath` without `wwid`",
        Some("add `wwid \"…\"`"),
    );
    refused(
        "polling_interval 5",
        "line 1, column 1: option `polling_interval` outside of a section",
        Some("options of all maps go to a section `defaults {`"),
    );
}

#[test]
fn broken_layouts_are_named() {
    refused(
        "defaults {\n",
        "line 1, column 1: block `defaults` is not closed",
        Some("close it with `}` in a line"),
    );
    refused("}", "line 1, column 1: `}` closes nothing", None);
    refused(
        "{\n}",
        "line 1, column 1: a block without a name",
        Some("write `name {` in one line"),
    );
    refused(
        "defaults { prio const }",
        "line 1, column 12: unexpected `prio`",
        Some("write one option, or one brace, a line"),
    );
    refused(
        "defaults {\n prio const }",
        "line 2, column 13: unexpected `}`",
        Some("write one option, or one brace, a line"),
    );
    refused(
        "defaults {\n prio\n}",
        "line 2, column 2: option `prio` needs a value",
        Some("write `prio \"…\"`"),
    );
    refused(
        "defaults {\n prio \"alua\n}",
        "line 2, column 7: the quote is not closed",
        Some("a value ends in its line; a quote in it is written twice"),
    );
}

#[test]
fn values_out_of_range_are_refused() {
    for line in [
        "polling_interval 0",
        "polling_interval -1",
        "polling_interval 99999999999",
        "failback 0",
        "no_path_retry never",
        "path_grouping_policy group_by_priority",
        "path_checker turr",
        "features \"1 a b\"",
        "features queue_if_no_path",
        "path_selector \"round-robin 1\"",
        "detect_prio maybe",
        "rr_weight prio",
        "dev_loss_tmo forever",
        "fast_io_fail_tmo on",
        "san_path_err_threshold off",
        "marginal_pathgroups sometimes",
    ] {
        let error = parse(&format!("defaults {{\n{line}\n}}")).unwrap_err();
        assert!(
            matches!(error, ConfError::BadValue { .. }),
            "{line}: {error}"
        );
    }
    let text = "devices {\ndevice {\nvendor \"(\"\nproduct x\n}\n}";
    assert!(matches!(parse(text), Err(ConfError::BadValue { .. })));
}

#[test]
fn other_ways_to_write_a_value() {
    let text = "defaults {\nno_path_retry 0\nfast_io_fail_tmo off\nsan_path_err_threshold no\n\
                detect_prio 0\nmarginal_pathgroups yes\nchecker_timeout 0\n\
                default_path_grouping_policy multibus\n}";
    let layer = parse(text).unwrap().entries.defaults;
    assert_eq!(layer.no_path_retry, Some(NoPathRetry::Fail));
    assert_eq!(layer.fast_io_fail_tmo, Some(FastIoFail::Off));
    assert_eq!(layer.san_path_err_threshold, Some(0));
    assert_eq!(layer.detect_prio, Some(false));
    assert_eq!(layer.checker_timeout, Some(None));
    assert_eq!(layer.path_grouping_policy, Some(GroupingPolicy::Multibus));
}

/// Trees of any shape that the syntax allows.
fn blocks() -> impl Strategy<Value = Block> {
    let setting = ("[a-z_]{1,8}", "[ -~é]{0,12}").prop_map(|(name, value)| {
        Item::Setting(Setting {
            name,
            value,
            ..Setting::default()
        })
    });
    let leaf = ("[a-z_]{1,8}", prop::collection::vec(setting.clone(), 0..4));
    let block = |(name, items)| Block {
        name,
        items,
        ..Block::default()
    };
    leaf.prop_map(block).prop_recursive(3, 16, 4, move |inner| {
        let item = prop_oneof![setting.clone(), inner.prop_map(Item::Block)];
        ("[a-z_]{1,8}", prop::collection::vec(item, 0..4)).prop_map(block)
    })
}

proptest! {
    #[test]
    fn any_tree_survives_printing(sections in prop::collection::vec(blocks(), 0..4)) {
        let conf = Conf { sections };
        let mut warnings = Vec::new();
        let again = read::read(&conf.to_string(), &mut warnings).unwrap();
        prop_assert_eq!(again.without_places(), conf);
        prop_assert!(warnings.is_empty());
    }

    #[test]
    fn no_text_makes_it_panic(text in "([a-z{}\"#! \n]|prio|defaults|device|é){0,60}") {
        if let Err(error) = parse(&text) {
            let at = error.at();
            prop_assert!(text.get(at.offset..at.offset + at.len).is_some());
        }
    }
}
