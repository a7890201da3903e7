//! HTML under construction: whatever is text is escaped on its way in.

use crate::plot::{Colours, Drawing, PlotError, Table, escape, svg};

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
        let name = tag.split(' ').next().unwrap_or(tag);
        self.raw(&format!("<{tag}>")).text(text);
        self.raw(&format!("</{name}>\n"))
    }
    /// Adds a heading with an address.
    pub fn heading(&mut self, level: u8, id: &str, text: &str) -> &mut Html {
        self.raw(&format!("<h{level} id=\"{}\">", escape(id)));
        self.text(text).raw(&format!("</h{level}>\n"))
    }
    /// Adds a table; its first column names the rows.
    pub fn table(&mut self, caption: &str, table: &Table) -> &mut Html {
        self.raw("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"");
        self.text(caption).raw("\">\n<table>\n");
        self.element("caption", caption).raw("<thead><tr>");
        for head in &table.head {
            self.element("th scope=\"col\"", head);
        }
        self.raw("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            self.raw("<tr>");
            for (n, cell) in row.iter().enumerate() {
                let tag = if n == 0 { "th scope=\"row\"" } else { "td" };
                self.element(tag, cell);
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
            self.raw("<details>")
                .element("summary", "The values as a table");
            self.table(&drawing.title, &drawing.table)
                .raw("</details>\n");
        }
        Ok(self.raw("</figure>\n"))
    }
}
