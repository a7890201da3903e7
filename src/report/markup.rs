//! HTML under construction: whatever is text is escaped on its way in.

use crate::plot::{Colours, Drawing, PlotError, Table, escape, svg};

/// Rows of a figure's table: more make a file that no browser likes.
const ROWS: usize = 1000;
/// Most lines of a fold that are printed.
const ON_PAPER: usize = 40;

/// Whether column `n` of `table` holds words: they begin at the left.
fn is_text(table: &Table, n: usize) -> bool {
    let is_word = |cell: &String| {
        let first = cell.chars().find(|c| c.is_alphanumeric());
        first.is_some_and(char::is_alphabetic)
    };
    let mut cells = table.rows.iter().filter_map(|row| row.get(n));
    cells.any(is_word)
}

/// A piece of HTML.
#[derive(Clone, Debug, Default)]
pub struct Html(String);

impl Html {
    /// What has been written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Adds markup of this program, never of a result.
    pub fn raw(&mut self, markup: &str) -> &mut Html {
        self.0 += markup;
        self
    }
    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Html {
        self.0 += &escape(text);
        self
    }
    /// Adds an element of `tag` with `text` in it.
    pub fn element(&mut self, tag: &str, text: &str) -> &mut Html {
        self.raw(&format!("<{tag}>")).text(text);
        self.raw(&format!("</{tag}>\n"))
    }
    /// The same, of a class of the style sheet.
    pub fn classed(&mut self, tag: &str, class: &str, text: &str) -> &mut Html {
        self.raw(&format!("<{tag} class=\"{class}\">")).text(text);
        self.raw(&format!("</{tag}>\n"))
    }
    /// Adds what is folded behind `summary`. Paper has it open; what has more
    /// `lines` than a page holds is not printed at all, and a line says so. This
    /// is the one place where that is decided: style and script go by the class.
    pub fn fold(&mut self, summary: &str, lines: usize, inside: &Html) -> &mut Html {
        let is_long = lines > ON_PAPER;
        let class = if is_long { "screen" } else { "paper" };
        self.raw(&format!("<details class=\"{class}\">"));
        self.element("summary", summary).raw(&inside.0);
        self.raw("</details>\n");
        if is_long {
            let text = format!("{summary}: {lines} lines, which the file shows on a screen.");
            self.classed("p", "unprinted", &text);
        }
        self
    }
    /// Adds a heading with an address.
    pub fn heading(&mut self, level: u8, id: &str, text: &str) -> &mut Html {
        self.raw(&format!("<h{level} id=\"{}\">", escape(id)));
        self.text(text).raw(&format!("</h{level}>\n"))
    }
    /// Adds the text of a file, folded; paper has all of it.
    pub fn source(&mut self, title: &str, text: &str) -> &mut Html {
        let mut inside = Html::default();
        inside.element("pre", text);
        self.fold(title, 0, &inside)
    }
    /// Adds a table; its first column names the rows.
    pub fn table(&mut self, caption: &str, table: &Table) -> &mut Html {
        self.raw("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
        self.text(caption).raw("\">\n<table>\n");
        self.element("caption", caption).raw("<thead><tr>");
        let is_text: Vec<bool> = (0..table.head.len()).map(|n| is_text(table, n)).collect();
        let words = |n: usize| is_text.get(n).is_some_and(|text| *text);
        for (n, head) in table.head.iter().enumerate() {
            let class = if words(n) { " class=\"words\"" } else { "" };
            self.raw(&format!("<th scope=\"col\"{class}>"));
            self.text(head).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            self.raw("<tr>");
            for (n, cell) in row.iter().enumerate() {
                let (tag, end) = match n {
                    0 => ("<th scope=\"row\">", "</th>"),
                    n if words(n) => ("<td class=\"words\">", "</td>"),
                    _ => ("<td>", "</td>"),
                };
                self.raw(tag).text(cell).raw(end);
            }
            self.raw("</tr>\n");
        }
        self.raw("</tbody>\n</table>\n</div>\n")
    }
    /// Adds a figure, its values beneath it.
    ///
    /// # Errors
    /// It cannot be drawn.
    pub fn figure(&mut self, id: &str, drawing: &Drawing) -> Result<&mut Html, PlotError> {
        let svg = svg(drawing, Colours::OfPage)?;
        self.raw(&format!("<figure id=\"{}\">\n", escape(id)));
        self.raw(&svg).element("figcaption", &drawing.alt);
        if !drawing.table.rows.is_empty() {
            let mut table = Html::default();
            let rows = drawing.table.rows.len();
            if rows > ROWS {
                let first = Table {
                    head: drawing.table.head.clone(),
                    rows: drawing.table.rows[..ROWS].to_vec(),
                };
                table.table(&drawing.title, &first);
                let more = format!("The first {ROWS} of {rows}; summary.csv has all.");
                table.classed("p", "muted", &more);
            } else {
                table.table(&drawing.title, &drawing.table);
            }
            self.fold("The values as a table", rows, &table);
        }
        Ok(self.raw("</figure>\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_for_paper_says_so() {
        let folded = |lines| {
            let mut body = Html::default();
            body.fold("Values", lines, &Html::default());
            body.0
        };
        assert!(folded(40).starts_with("<details class=\"paper\">"));
        assert!(!folded(40).contains("unprinted"));
        assert!(folded(41).starts_with("<details class=\"screen\">"));
        assert!(folded(41).contains("Values: 41 lines"));
    }

    #[test]
    fn words_stand_at_the_left() {
        let mut table = Table::new(["path", "kind", "share", "none"]);
        table.row(["sda", "lun", "1 %", "–"]);
        table.row(["sdb", "null_blk", "–", "–"]);
        assert_eq!([1, 2, 3].map(|n| is_text(&table, n)), [true, false, false]);
        let mut html = Html::default();
        html.table("t", &table);
        assert_eq!(html.0.matches("<td class=\"words\">").count(), 2);
    }
}
