//! What is done to the computer, and what breaks in it.

use super::Dice;
use crate::sim::Ns;
use crate::torture::case::{Case, Event, What};

/// `SDEBUG_OPT_HOST_BUSY`
const HOST_BUSY: u32 = 0x8000;

/// Messages before the start.
pub fn messages(d: &mut Dice, case: &Case) -> Vec<String> {
    if !d.chance(15) {
        return Vec::new();
    }
    let group = 1 + d.below(case.map.groups.len() as u64);
    let text = match d.below(4) {
        0 => format!("switch_group {group}"),
        1 => format!("disable_group {group}"),
        2 => "queue_if_no_path".into(),
        _ => "fail_if_no_path".into(),
    };
    vec![text]
}

/// Up to eight events, then, mostly, what makes everything good again.
pub fn timeline(d: &mut Dice, case: &Case) -> Vec<Event> {
    let span = d.magnitude(200_000, 300_000_000);
    let mut events: Vec<Event> = Vec::new();
    for _ in 0..d.below(9) {
        let at = Ns(d.below(span));
        let Some(what) = what(d, case) else { continue };
        // What is done about it follows, mostly.
        if let Some(undo) = undo(&what).filter(|_| d.chance(75)) {
            let later = at + Ns(d.magnitude(10_000, span));
            events.push(Event {
                at: later,
                what: undo,
            });
        }
        events.push(Event { at, what });
    }
    if !events.is_empty() && d.chance(75) {
        let last = events.iter().map(|e| e.at).max().unwrap_or_default();
        events.extend(recovery(case, last + Ns(d.below(span) + 1)));
    }
    events.sort_by_key(|event| event.at);
    events
}

fn what(d: &mut Dice, case: &Case) -> Option<What> {
    let device = d.below(case.devices.len() as u64) as usize;
    let group = 1 + d.below(case.map.groups.len() as u64);
    let name = &case.devices[device].name;
    let is_scsi = name.starts_with("sd");
    let any_scsi = case.devices.iter().any(|d| d.name.starts_with("sd"));
    let is_null_blk = case.devices[device].kind.starts_with("null_blk");
    let message = |text: String| Some(What::Map(format!("message = \"{text}\"")));
    match d.below(20) {
        0..4 => Some(What::Path("fail_path", device)),
        4 => Some(What::Path("reinstate_path", device)),
        5 => message(format!("switch_group {group}")),
        6 => message(format!("disable_group {group}")),
        7 => message(format!("enable_group {group}")),
        8 => message("queue_if_no_path".into()),
        9 => message("fail_if_no_path".into()),
        10 => Some(What::Map("suspend = \"flush\"".into())),
        11 => Some(What::Map("suspend = \"noflush\"".into())),
        12 => Some(What::Map("resume = true".into())),
        13 => Some(What::Load {
            turned: d.chance(50),
        }),
        14 | 15 if is_scsi => Some(What::Device(device, "state = \"offline\"".into())),
        16 if is_scsi && d.chance(50) => Some(What::Device(device, "delete = true".into())),
        14..17 if is_null_blk && !case.devices[device].kind.contains("queue_mode = 0") => {
            let first = d.below(4096);
            let last = first + d.magnitude(1, 8192);
            Some(What::Device(
                device,
                format!("bad_blocks = \"{first}-{last}\""),
            ))
        }
        17..20 if any_scsi => {
            let opts = d.of(&[2, 4, 16, 16, HOST_BUSY]);
            // A host that is always busy would be asked for ever.
            let least = if opts == HOST_BUSY { 2 } else { 1 };
            Some(What::ScsiDebug(opts, d.magnitude(least, 50) as i32))
        }
        _ => None,
    }
}

/// What makes `what` good again.
fn undo(what: &What) -> Option<What> {
    match what {
        What::Path("fail_path", device) => Some(What::Path("reinstate_path", *device)),
        What::Map(line) if line.starts_with("suspend") => Some(What::Map("resume = true".into())),
        What::Load { .. } => Some(What::Map("resume = true".into())),
        What::Device(device, line) if line.starts_with("state") => {
            Some(What::Device(*device, "state = \"running\"".into()))
        }
        What::Device(device, line) if line.starts_with("bad") => {
            Some(What::Device(*device, line.replace("bad", "good")))
        }
        What::ScsiDebug(..) => Some(What::ScsiDebug(0, 0)),
        _ => None,
    }
}

/// From `at` on, whatever can be made good again is.
fn recovery(case: &Case, at: Ns) -> Vec<Event> {
    let mut what = Vec::new();
    if case.devices.iter().any(|d| d.name.starts_with("sd")) {
        what.push(What::ScsiDebug(0, 0));
    }
    for (n, device) in case.devices.iter().enumerate() {
        if device.name.starts_with("sd") {
            what.push(What::Device(n, "state = \"running\"".into()));
        }
        if device.kind.starts_with("null_blk") && !device.kind.contains("queue_mode = 0") {
            what.push(What::Device(n, "good_blocks = \"0-16383\"".into()));
        }
    }
    what.push(What::Map("resume = true".into()));
    let mut events: Vec<Event> = Vec::new();
    let mut at = at;
    for what in what {
        events.push(Event { at, what });
    }
    // Paths come back once the devices have had time to.
    at += Ns::from_ms(500);
    for path in 0..case.devices.len() {
        let what = What::Path("reinstate_path", path);
        events.push(Event { at, what });
    }
    events
}
