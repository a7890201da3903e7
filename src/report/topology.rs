//! The set-up as a picture: application, device-mapper devices, paths, ports,
//! array, as they are at the start.

use crate::plot::{
    Dash, Drawing, Ink, Label, Rect, Table, chart, label, path_color_index, path_ink, rect,
};
use crate::run::summary::{EndSummary, MapSetup, ScenarioSummary, Summary};

/// At most so many boxes of a column are drawn.
const MOST: usize = 16;
const ROW: f64 = 58.0;
const BOX: f64 = 42.0;
/// Left of the next column.
const GAP: f64 = 44.0;

/// Boxes above each other, by name and what is said of them.
struct Column {
    head: String,
    boxes: Vec<(String, String)>,
    /// Whether it is of the array.
    of_array: bool,
}

impl Column {
    fn new(head: &str) -> Column {
        Column {
            head: head.into(),
            boxes: Vec::new(),
            of_array: false,
        }
    }
    fn of_array(head: &str) -> Column {
        Column {
            of_array: true,
            ..Column::new(head)
        }
    }
    fn add(&mut self, name: &str, about: &str) {
        if !self.boxes.iter().any(|(known, _)| known == name) {
            self.boxes.push((name.into(), about.into()));
        }
    }
    fn row(&self, name: &str) -> Option<usize> {
        self.boxes.iter().position(|(known, _)| known == name)
    }
    fn drawn(&self) -> usize {
        self.boxes.len().min(MOST)
    }
}

/// Draws that of `summary`, which need not have any run.
pub fn topology(summary: &Summary) -> Drawing {
    let columns = columns(&summary.scenario);
    let rows = columns.iter().map(Column::drawn).max().unwrap_or(1) as f64;
    let height = 78.0 + 30.0 + ROW * rows + 44.0;
    let title = format!("Set-up: {}", summary.scenario.name);
    let foot = match columns.iter().any(|c| c.boxes.len() > MOST) {
        true => "Only the first 16 of each sort are drawn.",
        false => "",
    };
    let subtitle = "What an I/O passes, from left to right, at the start";
    let (mut drawing, space) = chart::page(960.0, height, &title, subtitle, foot);
    let heads: Vec<&str> = columns.iter().map(|c| c.head.as_str()).collect();
    drawing.alt = format!("The set-up from left to right: {}", heads.join(", "));
    let place = Places {
        space,
        width: space.w / columns.len().max(1) as f64,
        rows,
        columns: &columns,
    };
    place.draw_array(&mut drawing);
    for (from, to, path) in links(&summary.scenario, &columns) {
        if from.1 < MOST && to.1 < MOST {
            let (a, b) = (place.of(from), place.of(to));
            let ink = path.map_or(Ink::Muted, |path| path_ink(summary, path));
            let (y1, y2) = (a.y + a.h / 2.0, b.y + b.h / 2.0);
            drawing.line([(a.right(), y1), (b.x, y2)], ink, 2.0, Dash::Solid);
        }
    }
    for (c, column) in columns.iter().enumerate() {
        let x = space.x + place.width * c as f64;
        let head = label(x, space.y + 10.0, column.head.as_str(), 13.0).bold();
        drawing.text(head.fit(place.width - 10.0));
        for (r, (name, about)) in column.boxes.iter().take(MOST).enumerate() {
            let ink = match column.head.as_str() {
                PATHS => path_ink(summary, name),
                _ => Ink::Muted,
            };
            draw_box(&mut drawing, place.of((c, r)), name, about, ink);
        }
    }
    drawing.table = table(summary);
    drawing
}

const APPLICATION: &str = "application";
const PATHS: &str = "paths";
const INITIATORS: &str = "initiator ports";
const TARGETS: &str = "target ports";

/// A box: its column, and its row.
type Place = (usize, usize);

/// Where boxes stand.
struct Places<'c> {
    space: Rect,
    width: f64,
    rows: f64,
    columns: &'c [Column],
}

impl Places<'_> {
    fn of(&self, (column, row): Place) -> Rect {
        let count = self.columns[column].drawn() as f64;
        let top = self.space.y + 30.0 + (self.rows - count) * ROW / 2.0;
        let left = self.space.x + self.width * column as f64;
        let y = top + ROW * row as f64 + (ROW - BOX) / 2.0;
        rect(left, y, self.width - GAP, BOX)
    }
    /// A frame around what is inside of the array.
    fn draw_array(&self, drawing: &mut Drawing) {
        let inside = |c: &Column| c.of_array;
        let (Some(first), Some(last)) = (
            self.columns.iter().position(inside),
            self.columns.iter().rposition(inside),
        ) else {
            return;
        };
        let left = self.of((first, 0)).x - 14.0;
        let right = self.of((last, 0)).right() + 14.0;
        let top = self.space.y + 24.0;
        let frame = rect(left, top, right - left, ROW * self.rows + 16.0);
        drawing.frame(frame, Ink::Grid, 1.5);
        let name = label(left + 8.0, frame.bottom() - 9.0, "array", 11.0);
        drawing.text(name.ink(Ink::Muted));
    }
}

fn draw_box(drawing: &mut Drawing, at: Rect, name: &str, about: &str, ink: Ink) {
    drawing.bar(at, Ink::Lane);
    drawing.frame(at, ink, 1.5);
    let (x, room) = (at.x + 10.0, at.w - 16.0);
    let (size, names) = lines(name, room);
    let mut all: Vec<Label> = names
        .iter()
        .map(|line| label(x, 0.0, line.as_str(), size).bold())
        .collect();
    if !about.is_empty() {
        all.push(label(x, 0.0, about, 11.0).ink(Ink::Muted).fit_middle(room));
    }
    let step = if all.len() > 2 { 12.5 } else { 16.0 };
    let top = at.y + at.h / 2.0 - step * (all.len() - 1) as f64 / 2.0;
    for (n, line) in all.into_iter().enumerate() {
        let y = top + step * n as f64;
        drawing.text(Label { y, ..line });
    }
    let text = match about {
        "" => name.to_owned(),
        about => format!("{name}: {about}"),
    };
    drawing.spot(at, text);
}

/// A name in at most two lines of `room` pixels, and the size of its letters.
/// What is too long for both lacks its middle: names differ at their ends.
fn lines(name: &str, room: f64) -> (f64, Vec<String>) {
    let is_whole = |text: &str, size: f64| {
        let fitted = label(0.0, 0.0, text, size).bold().fit(room);
        fitted.text == text
    };
    if is_whole(name, 13.0) {
        return (13.0, vec![name.into()]);
    }
    let letters: Vec<char> = name.chars().collect();
    let head = |n: usize| letters[..n].iter().collect::<String>();
    let fits = (1..letters.len()).rev().find(|n| is_whole(&head(*n), 11.0));
    let most = fits.unwrap_or(1);
    // Behind a mark, if there is one in the second half of the line.
    let is_mark = |n: &usize| "-_.: ".contains(letters[*n - 1]);
    let at = (most.div_ceil(2)..=most)
        .rev()
        .find(is_mark)
        .unwrap_or(most);
    let tail: String = letters[at..].iter().collect();
    let tail = label(0.0, 0.0, tail.trim_start(), 11.0)
        .bold()
        .fit_middle(room);
    (11.0, vec![head(at).trim_end().to_owned(), tail.text])
}

fn columns(scenario: &ScenarioSummary) -> Vec<Column> {
    let mut application = Column::new(APPLICATION);
    for job in &scenario.jobs {
        application.add(&job.name, "");
    }
    if scenario.jobs.is_empty() {
        application.add(APPLICATION, "");
    }
    let mut all = vec![application];
    all.extend(map_columns(&scenario.maps));
    let mut paths = Column::new(PATHS);
    let (mut initiators, mut targets) = (Column::new(INITIATORS), Column::of_array(TARGETS));
    let is_lun = scenario.devices.iter().any(|end| end.kind == "lun");
    let mut media = match is_lun {
        true => Column::of_array("LUNs"),
        false => Column::new("media"),
    };
    for end in &scenario.devices {
        paths.add(&end.name, &told_of(end, &scenario.maps));
        if let Some(initiator) = &end.initiator {
            initiators.add(initiator, &end.via.join(", "));
        }
        if let Some(target) = &end.target {
            targets.add(target, "");
        }
        if let Some(name) = &end.media {
            media.add(name, "");
        }
    }
    all.extend([paths, initiators, targets, media]);
    all.retain(|column| !column.boxes.is_empty());
    all
}

/// Maps that stand on others come first, one column for each storey.
fn map_columns(maps: &[MapSetup]) -> Vec<Column> {
    let storeys: Vec<usize> = maps.iter().map(|map| storey(map, maps, 0)).collect();
    let highest = storeys.iter().copied().max().unwrap_or(0);
    let mut columns = Vec::new();
    for at in (0..=highest).rev() {
        let here = maps.iter().zip(&storeys).filter(|(_, s)| **s == at);
        let here: Vec<&MapSetup> = here.map(|(map, _)| map).collect();
        let mut column = match here.iter().all(|map| map.selector.is_some()) {
            true => Column::new("multipath devices"),
            false => Column::new("device-mapper"),
        };
        for map in here {
            column.add(&map.name, map.selector.as_deref().unwrap_or(&map.target));
        }
        columns.push(column);
    }
    columns
}

/// How many maps are below `map`, one on the other. Tables cannot stand on
/// themselves, but who knows what a file says.
fn storey(map: &MapSetup, maps: &[MapSetup], depth: usize) -> usize {
    let below = maps
        .iter()
        .filter(|other| map.on.iter().any(|on| on.device == other.name));
    let highest = |other: &MapSetup| match depth < maps.len() {
        true => 1 + storey(other, maps, depth + 1),
        false => 0,
    };
    below.map(highest).max().unwrap_or(0)
}

/// What is said of a path: what it is, and its group if there are several.
fn told_of(end: &EndSummary, maps: &[MapSetup]) -> String {
    let kind = match end.kind.as_str() {
        "lun" => "",
        kind => kind,
    };
    let groups = |map: &MapSetup| map.on.iter().map(|on| on.group).max().unwrap_or(0);
    let on = maps.iter().find_map(|map| {
        let on = map.on.iter().find(|on| on.device == end.name)?;
        (groups(map) > 1).then_some(on.group)
    });
    match (kind, on) {
        (kind, None) => kind.into(),
        ("", Some(group)) => format!("group {group}"),
        (kind, Some(group)) => format!("{kind}, group {group}"),
    }
}

/// Lines between boxes, with the path whose colour they have.
fn links<'s>(
    scenario: &'s ScenarioSummary,
    columns: &[Column],
) -> Vec<(Place, Place, Option<&'s str>)> {
    let head = |head: &str, name: &str| -> Option<Place> {
        let column = columns.iter().position(|c| c.head == head)?;
        Some((column, columns[column].row(name)?))
    };
    // A device of the computer: a map of any storey, or a path.
    let device = |name: &str| -> Option<Place> {
        let until = columns.iter().position(|c| c.head == PATHS)?;
        (1..=until).find_map(|column| Some((column, columns[column].row(name)?)))
    };
    let mut links = Vec::new();
    let mut link = |from: Option<Place>, to: Option<Place>, path: Option<&'s str>| {
        if let (Some(from), Some(to)) = (from, to) {
            links.push((from, to, path));
        }
    };
    for job in &scenario.jobs {
        link(head(APPLICATION, &job.name), device(&job.device), None);
    }
    for map in &scenario.maps {
        for on in &map.on {
            let is_map = scenario.maps.iter().any(|other| other.name == on.device);
            let path = (!is_map).then_some(on.device.as_str());
            link(device(&map.name), device(&on.device), path);
        }
    }
    let last = columns.last().map_or("", |c| c.head.as_str());
    for end in &scenario.devices {
        let chain = [
            device(&end.name),
            end.initiator.as_deref().and_then(|at| head(INITIATORS, at)),
            end.target.as_deref().and_then(|at| head(TARGETS, at)),
            end.media.as_deref().and_then(|at| head(last, at)),
        ];
        let chain: Vec<Place> = chain.into_iter().flatten().collect();
        for pair in chain.windows(2) {
            link(Some(pair[0]), Some(pair[1]), Some(&end.name));
        }
    }
    links.sort_unstable();
    links.dedup();
    links
}

fn table(summary: &Summary) -> Table {
    let mut table = Table::new([
        "path",
        "kind",
        "initiator port",
        "target port",
        "LUN or media",
    ]);
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    let mut ends: Vec<&EndSummary> = summary.scenario.devices.iter().collect();
    ends.sort_by_key(|end| path_color_index(summary, &end.name));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_at_their_ends_stay_different() {
        let names: Vec<String> = (0..16)
            .map(|n| format!("device-with-a-long-name-{n:02}-abc"))
            .collect();
        let mut drawn: Vec<String> = names.iter().map(|n| lines(n, 100.0).1.join("|")).collect();
        assert!(drawn.iter().all(|d| d.ends_with("abc")), "{drawn:?}");
        drawn.dedup();
        assert_eq!(drawn.len(), 16, "{drawn:?}");
        assert_eq!(lines("sda", 100.0), (13.0, vec!["sda".into()]));
    }
}
