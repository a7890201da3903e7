//! The set-up as a picture: application, multipath devices, paths, ports,
//! arrays.

use crate::plot::result::RunResult;
use crate::plot::{Dash, Drawing, Ink, Rect, Table, chart, label, rect};
use crate::run::summary::EndSummary;

/// Boxes of a column, by name and what is said of them.
type Column = (&'static str, Vec<(String, String)>);

/// At most so many boxes of a column are drawn.
const MOST: usize = 16;
const ROW: f64 = 58.0;
const BOX: f64 = 42.0;

/// Draws it.
pub fn topology(result: &RunResult) -> Drawing {
    let ends = &result.summary.scenario.devices;
    let columns = columns(result);
    let rows = columns
        .iter()
        .map(|c| c.1.len().min(MOST))
        .max()
        .unwrap_or(1) as f64;
    let height = 78.0 + 30.0 + ROW * rows + 44.0;
    let title = format!("Set-up: {}", result.summary.scenario.name);
    let foot = if columns.iter().any(|c| c.1.len() > MOST) {
        "Only the first 16 of each sort are drawn."
    } else {
        ""
    };
    let subtitle = "What an I/O passes, from left to right";
    let (mut drawing, space) = chart::page(960.0, height, &title, subtitle, foot);
    let heads: Vec<&str> = columns.iter().map(|c| c.0).collect();
    drawing.alt = format!("The set-up from left to right: {}", heads.join(", "));
    let width = space.w / columns.len().max(1) as f64;
    let at = |column: usize, row: usize| -> Rect {
        let count = columns[column].1.len().min(MOST) as f64;
        let top = space.y + 30.0 + (rows - count) * ROW / 2.0;
        let left = space.x + width * column as f64;
        rect(
            left,
            top + ROW * row as f64 + (ROW - BOX) / 2.0,
            width - 44.0,
            BOX,
        )
    };
    for (from, to, path) in links(result, &columns) {
        let drawn = from.1 < MOST && to.1 < MOST;
        if drawn {
            let (a, b) = (at(from.0, from.1), at(to.0, to.1));
            let ink = path.map_or(Ink::Muted, |path| Ink::Path(path as u8));
            let (y1, y2) = (a.y + a.h / 2.0, b.y + b.h / 2.0);
            drawing.line([(a.right(), y1), (b.x, y2)], ink, 2.0, Dash::Solid);
        }
    }
    for (c, (head, boxes)) in columns.iter().enumerate() {
        let head = label(space.x + width * c as f64, space.y + 10.0, *head, 13.0).bold();
        drawing.text(head.fit(width - 10.0));
        for (r, (name, about)) in boxes.iter().take(MOST).enumerate() {
            draw_box(
                &mut drawing,
                at(c, r),
                name,
                about,
                ink_of(&columns, c, name, ends),
            );
        }
    }
    drawing.table = table(ends);
    drawing
}

/// Paths have their colour, all else has none.
fn ink_of(columns: &[Column], column: usize, name: &str, ends: &[EndSummary]) -> Ink {
    let path = ends.iter().position(|end| end.name == name);
    match path {
        Some(path) if columns[column].0 == "paths" => Ink::Path(path as u8),
        _ => Ink::Muted,
    }
}

fn draw_box(drawing: &mut Drawing, at: Rect, name: &str, about: &str, ink: Ink) {
    drawing.bar(at, Ink::Lane);
    drawing.frame(at, ink, 1.5);
    let (x, room) = (at.x + 10.0, at.w - 16.0);
    if about.is_empty() {
        drawing.text(label(x, at.y + at.h / 2.0, name, 13.0).bold().fit(room));
    } else {
        drawing.text(label(x, at.y + 14.0, name, 13.0).bold().fit(room));
        drawing.text(label(x, at.y + 30.0, about, 11.0).ink(Ink::Muted).fit(room));
    }
    let text = if about.is_empty() {
        name.to_owned()
    } else {
        format!("{name}: {about}")
    };
    drawing.spot(at, text);
}

fn push(list: &mut Vec<(String, String)>, name: &str, about: &str) {
    if !list.iter().any(|(known, _)| known == name) {
        list.push((name.into(), about.into()));
    }
}

fn columns(result: &RunResult) -> Vec<Column> {
    let runs = &result.summary.runs;
    let ends = &result.summary.scenario.devices;
    let mut jobs = Vec::new();
    for job in runs.iter().flat_map(|run| &run.jobs) {
        let kinds: Vec<&str> = job
            .directions
            .iter()
            .map(|d| d.direction.as_str())
            .collect();
        push(&mut jobs, &job.name, &kinds.join(", "));
    }
    if jobs.is_empty() {
        jobs.push(("application".into(), String::new()));
    }
    let mut maps = Vec::new();
    for map in runs
        .iter()
        .filter(|r| r.mode != "single")
        .flat_map(|run| &run.maps)
    {
        push(
            &mut maps,
            &map.name,
            selector(&map.table).unwrap_or("device-mapper"),
        );
    }
    let (mut paths, mut initiators) = (Vec::new(), Vec::new());
    let (mut targets, mut media) = (Vec::new(), Vec::new());
    for end in ends {
        let group = runs
            .iter()
            .flat_map(|run| &run.paths)
            .find(|p| p.device == end.name);
        let about = match (end.kind.as_str(), group) {
            ("lun", Some(path)) => format!("group {}", path.group),
            (kind, Some(path)) => format!("{kind}, group {}", path.group),
            (kind, None) => kind.to_owned(),
        };
        push(&mut paths, &end.name, &about);
        if let Some(initiator) = &end.initiator {
            push(&mut initiators, initiator, &end.via.join(", "));
        }
        if let Some(target) = &end.target {
            push(&mut targets, target, "");
        }
        if let Some(name) = &end.media {
            push(&mut media, name, "");
        }
    }
    let behind = if ends.iter().any(|end| end.kind == "lun") {
        "LUNs"
    } else {
        "media"
    };
    let all = [
        ("application", jobs),
        ("multipath devices", maps),
        ("paths", paths),
        ("initiator ports", initiators),
        ("target ports", targets),
        (behind, media),
    ];
    all.into_iter()
        .filter(|(_, boxes)| !boxes.is_empty())
        .collect()
}

/// The path selector of a table line.
fn selector(table: &str) -> Option<&str> {
    let known = [
        "round-robin",
        "queue-length",
        "service-time",
        "historical-service-time",
        "io-affinity",
    ];
    let mut words = table.split_whitespace();
    words.find(|word| known.contains(word))
}

type Place = (usize, usize);

/// Lines between boxes, with the path whose colour they have.
fn links(result: &RunResult, columns: &[Column]) -> Vec<(Place, Place, Option<usize>)> {
    let place = |head: &str, name: &str| -> Option<Place> {
        let column = columns.iter().position(|c| c.0 == head)?;
        let row = columns[column].1.iter().position(|b| b.0 == name)?;
        Some((column, row))
    };
    let mut links = Vec::new();
    let mut link = |from: Option<Place>, to: Option<Place>, path: Option<usize>| {
        if let (Some(from), Some(to)) = (from, to) {
            links.push((from, to, path));
        }
    };
    let runs = &result.summary.runs;
    let jobs = &columns[0].1;
    let next = columns.get(1).map_or(&[][..], |c| &c.1);
    for (job, _) in jobs {
        for (name, _) in next {
            let head = columns[1].0;
            link(place("application", job), place(head, name), None);
        }
    }
    let ends = &result.summary.scenario.devices;
    for (n, end) in ends.iter().enumerate() {
        for path in runs
            .iter()
            .flat_map(|run| &run.paths)
            .filter(|p| p.device == end.name)
        {
            link(
                place("multipath devices", &path.map),
                place("paths", &end.name),
                Some(n),
            );
        }
        let chain = [
            Some(("paths", end.name.as_str())),
            end.initiator
                .as_deref()
                .map(|name| ("initiator ports", name)),
            end.target.as_deref().map(|name| ("target ports", name)),
            end.media
                .as_deref()
                .map(|name| (columns[columns.len() - 1].0, name)),
        ];
        let chain: Vec<(&str, &str)> = chain.into_iter().flatten().collect();
        for pair in chain.windows(2) {
            link(
                place(pair[0].0, pair[0].1),
                place(pair[1].0, pair[1].1),
                Some(n),
            );
        }
    }
    links.sort_unstable();
    links.dedup();
    links
}

fn table(ends: &[EndSummary]) -> Table {
    let mut table = Table::new([
        "path",
        "kind",
        "initiator port",
        "target port",
        "LUN or media",
    ]);
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    for end in ends {
        table.row([
            end.name.clone(),
            end.kind.clone(),
            or_none(&end.initiator),
            or_none(&end.target),
            or_none(&end.media),
        ]);
    }
    table
}
