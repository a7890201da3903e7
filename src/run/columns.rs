//! Aligned columns, as wide as they are or as a terminal is.

use super::text::paragraph;

/// Rows of cells, aligned: the first column to the left, all others to the
/// right.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    cells: Vec<String>,
    /// Its cells name the columns of those below.
    is_head: bool,
}

/// Columns at least that the first one has in a terminal.
const LABEL: usize = 18;
/// The same where names stand above their cells.
const NARROW: usize = 2;

fn wide(text: &str) -> usize {
    text.chars().count()
}

impl Columns {
    /// Adds a row; an empty one is a blank line.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.add(cells, false);
    }
    /// Adds a row whose cells name the columns of those below.
    pub fn head<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.add(cells, true);
    }
    fn add<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>, is_head: bool) {
        let cells = cells.into_iter().map(Into::into).collect();
        self.rows.push(Row { cells, is_head });
    }

    /// The rows as text, one a line, no blanks at the ends.
    pub fn render(&self) -> String {
        let widths = widths(self.rows.iter());
        self.rows.iter().map(|row| row.line(&widths)).collect()
    }

    /// As wide as it is, or within a terminal of `width` columns.
    pub fn shown(&self, width: Option<usize>) -> String {
        width.map_or_else(|| self.render(), |width| self.within(width))
    }

    /// The same in lines of at most `width` letters, if there are 40: a name that
    /// leaves its row no room stands above it, and a row that has no room even so
    /// tells its cells by their names, one after the other.
    pub fn within(&self, width: usize) -> String {
        let whole: usize = widths(self.rows.iter()).iter().map(|w| w + 2).sum();
        if whole <= width + 2 && self.rows.iter().all(|row| wide(&row.line(&[])) <= width) {
            return self.render();
        }
        let columns = self.rows.iter().map(|row| row.cells.len()).max();
        let others = columns.unwrap_or(0).saturating_sub(1).max(1);
        let label = LABEL.max(3 * width / 10).min(width / 2);
        let cells: usize = widths(self.rows.iter()).iter().skip(1).map(|w| w + 2).sum();
        let each = match cells + LABEL <= width {
            // It is the names that are too long.
            true => usize::MAX,
            false => ((width - label) / others).saturating_sub(2),
        };
        // Where that would tell most rows by their cells' names, names above their cells
        // are easier to read.
        let each = match cells + NARROW <= width && self.most_are_wider(each) {
            true => usize::MAX,
            false => each,
        };
        let fits = |row: &&Row| row.cells.iter().skip(1).all(|cell| wide(cell) <= each);
        let mut widths = widths(self.rows.iter().filter(fits));
        let taken: usize = widths.iter().skip(1).map(|w| w + 2).sum();
        if let Some(first) = widths.first_mut() {
            *first = (*first).min(width.saturating_sub(taken));
        }
        let mut text = String::new();
        let mut head: &[String] = &[];
        for row in &self.rows {
            if row.is_head {
                head = &row.cells;
            }
            text += &match (row.is_head, fits(&row)) {
                (_, true) => row.below_its_name(&widths, width),
                // Its words stand beside the cells below.
                (true, false) => row.name(width),
                (false, false) => row.told(head, width),
            };
        }
        text
    }
}

impl Columns {
    /// Whether more than half of the rows have cells of more than `each` letters.
    fn most_are_wider(&self, each: usize) -> bool {
        let of = |row: &&Row| row.cells.len() > 1 && !row.is_head;
        let rows = self.rows.iter().filter(of);
        let is_wide = |row: &&Row| row.cells.iter().skip(1).any(|cell| wide(cell) > each);
        2 * rows.clone().filter(is_wide).count() > rows.count()
    }
}

/// Widths of the columns of `rows`; lines of their own do not count.
fn widths<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<usize> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows.filter(|row| row.cells.len() > 1) {
        widths.resize(widths.len().max(row.cells.len()), 0);
        for (most, cell) in widths.iter_mut().zip(&row.cells) {
            *most = (*most).max(wide(cell));
        }
    }
    widths
}

impl Row {
    /// In a line, with columns of these `widths`.
    fn line(&self, widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, cell) in self.cells.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or(0);
            let pad = " ".repeat(width.saturating_sub(wide(cell)));
            match column {
                0 => line += &format!("{cell}{pad}"),
                _ => line += &format!("  {pad}{cell}"),
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }

    /// Its name alone.
    fn name(&self, width: usize) -> String {
        let name = self.cells.first().map_or("", String::as_str);
        let indent = wide(name) - wide(name.trim_start());
        match name.trim() {
            // A head without a name is told by its cells alone.
            "" if self.is_head => String::new(),
            "" => "\n".into(),
            name => paragraph(name, indent, width.saturating_sub(indent)),
        }
    }

    /// The name, in a line of its own if it is wider than its column, and the cells.
    fn below_its_name(&self, widths: &[usize], width: usize) -> String {
        let name = self.cells.first().map_or(0, |name| wide(name));
        if self.cells.len() < 2 {
            return self.name(width);
        }
        if name <= widths.first().copied().unwrap_or(0) {
            return self.line(widths);
        }
        let mut cells = self.cells.clone();
        if let Some(name) = cells.first_mut() {
            name.clear();
        }
        let cells = Row {
            cells,
            is_head: false,
        };
        self.name(width) + &cells.line(widths)
    }

    /// The name, and every cell behind that of its column in `head`.
    fn told(&self, head: &[String], width: usize) -> String {
        let name = self.cells.first().map_or("", String::as_str);
        let indent = wide(name) - wide(name.trim_start()) + 2;
        let mut text = self.name(width);
        let mut line = String::new();
        for (n, cell) in self.cells.iter().enumerate().skip(1) {
            if cell.is_empty() {
                continue;
            }
            let told = match head.get(n).map_or("", |head| head.trim()) {
                "" => cell.clone(),
                head => format!("{head} {cell}"),
            };
            if !line.is_empty() && indent + wide(&line) + 3 + wide(&told) > width {
                text += &paragraph(&line, indent, width.saturating_sub(indent));
                line.clear();
            }
            if !line.is_empty() {
                // No blank at which a line is broken.
                line += " · ";
            }
            line += &told;
        }
        text + &paragraph(&line, indent, width.saturating_sub(indent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align() {
        let mut columns = Columns::default();
        columns.row(["a", "bio"]);
        columns.row(["long", "1"]);
        columns.row(["a line of its own that is not counted"]);
        columns.row(Vec::<String>::new());
        let want = "a     bio\nlong    1\na line of its own that is not counted\n\n";
        assert_eq!(columns.render(), want);
    }

    fn table() -> Columns {
        let mut columns = Columns::default();
        columns.head(["", "bio mode", "request mode", "sda alone"]);
        columns.row(["application"]);
        columns.row(["  IOPS", "12,345", "123,456", "3"]);
        columns.row([
            "  dmsetup suspend --noflush mp is over",
            "0.100000",
            "0.2",
            "–",
        ]);
        columns.row([
            "  j0: gaps of 20 ms or more",
            "3, mean 120 ms, longest 2.1 s",
            "none",
            "–",
        ]);
        columns.row(Vec::<String>::new());
        columns.row(["  one line that goes on and on, until it is far wider than all others are"]);
        columns
    }

    #[test]
    fn a_wide_terminal_has_what_a_file_has() {
        assert_eq!(table().within(200), table().render());
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_is_lost() {
        let table = table();
        let words = |text: &str| {
            let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.sort();
            words
        };
        for width in [40, 60, 70, 80] {
            let text = table.within(width);
            let most = text.lines().map(wide).max().unwrap();
            assert!(most <= width, "{width}: {most}\n{text}");
            let all = words(&text);
            assert!(
                words(&table.render()).iter().all(|word| all.contains(word)),
                "{text}"
            );
        }
        let text = table.within(70);
        let told = "  j0: gaps of 20 ms or more\n    bio mode 3, mean 120 ms, longest 2.1 s · \
                    request mode none\n    sda alone –\n";
        assert!(text.contains(told), "{text}");
        // A cell of which there is nothing to tell is not announced.
        let mut empty = Columns::default();
        empty.head(["", "a", "b"]);
        empty.row(["name".to_owned(), "x".repeat(40), String::new()]);
        assert!(!empty.within(40).contains('·'), "{}", empty.within(40));
        let above = "  dmsetup suspend --noflush mp is over\n";
        assert!(text.contains(above), "{text}");
    }
}
