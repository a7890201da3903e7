//! Dirty pages and their write-back, in ascending order
//! (`mm/page-writeback.c:write_cache_pages`, 6.1).

use super::Bitmap;

/// Which pages are newer than the device, and which of these are on their way.
///
/// A pass tags what is dirty when it begins and writes only that, so that a
/// writer who goes on cannot keep it from ending.
#[derive(Debug, Default)]
pub struct Dirty {
    /// Newer than the device (`PG_dirty`).
    dirty: Bitmap,
    /// To be written by a pass (`PAGECACHE_TAG_TOWRITE`).
    tagged: Bitmap,
    /// On the way to the device (`PG_writeback`).
    writeback: Bitmap,
}

impl Dirty {
    /// Nothing is dirty or on its way.
    #[inline]
    pub fn is_clean(&self) -> bool {
        self.dirty.is_empty() && self.writeback.is_empty()
    }
    /// Pages that are dirty.
    pub fn count(&self) -> u64 {
        self.dirty.count()
    }
    /// Pages on their way.
    pub fn in_flight(&self) -> u64 {
        self.writeback.count()
    }
    /// Whether `page` is dirty.
    pub fn has(&self, page: u64) -> bool {
        self.dirty.has(page)
    }
    /// Whether any page of `from..end` is dirty or on its way.
    pub fn touches(&self, from: u64, end: u64) -> bool {
        self.dirty.next_before(from, end).is_some()
            || self.writeback.next_before(from, end).is_some()
    }
    /// `page` has been written to.
    pub fn set(&mut self, page: u64) {
        self.dirty.set(page);
    }
    /// `page` is dropped, written or not.
    pub fn forget(&mut self, page: u64) {
        self.dirty.clear(page);
        self.tagged.clear(page);
    }
    /// A pass over `from..end` begins (`tag_pages_for_writeback`); whether there
    /// is anything to write.
    pub fn tag(&mut self, from: u64, end: u64) -> bool {
        let mut at = from;
        let mut any = false;
        while let Some(page) = self.dirty.next_before(at, end) {
            self.tagged.set(page);
            any = true;
            at = page + 1;
        }
        any
    }
    /// The next page of a pass that is still dirty; those that somebody else
    /// has taken meanwhile lose their tag.
    pub fn next_tagged(&mut self, from: u64, end: u64) -> Option<u64> {
        while let Some(page) = self.tagged.next_before(from, end) {
            if self.dirty.has(page) {
                return Some(page);
            }
            self.tagged.clear(page);
        }
        None
    }
    /// How many pages a pass can write in one piece from `page` on, `max` at
    /// most.
    pub fn run(&self, page: u64, end: u64, max: u64) -> u64 {
        let free = |p: u64| self.tagged.has(p) && self.dirty.has(p) && !self.writeback.has(p);
        let end = end.min(page.saturating_add(max));
        (page..end).take_while(|&p| free(p)).count() as u64
    }
    /// `page` goes to the device (`clear_page_dirty_for_io`,
    /// `set_page_writeback`).
    pub fn begin(&mut self, page: u64) {
        self.forget(page);
        self.writeback.set(page);
    }
    /// `page` has been written, or could not be (`end_page_writeback`).
    pub fn end(&mut self, page: u64) {
        self.writeback.clear(page);
    }
    /// Whether `page` is on its way.
    pub fn is_in_flight(&self, page: u64) -> bool {
        self.writeback.has(page)
    }
    /// The first page of `from..end` that is on its way.
    pub fn next_in_flight(&self, from: u64, end: u64) -> Option<u64> {
        self.writeback.next_before(from, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pages: &[u64]) -> Dirty {
        let mut d = Dirty::default();
        for &page in pages {
            d.set(page);
        }
        d
    }

    #[test]
    fn a_pass_goes_up_and_leaves_out_what_became_dirty_later() {
        let mut d = with(&[9, 2, 70_000]);
        assert!(d.tag(0, u64::MAX));
        d.set(5);
        let mut seen = Vec::new();
        while let Some(page) = d.next_tagged(0, u64::MAX) {
            d.begin(page);
            seen.push(page);
        }
        assert_eq!(seen, [2, 9, 70_000]);
        assert_eq!((d.count(), d.in_flight()), (1, 3));
        assert_eq!(d.next_in_flight(3, u64::MAX), Some(9));
        d.end(9);
        assert_eq!(d.next_in_flight(3, 70_000), None);
    }

    #[test]
    fn a_page_written_by_another_pass_is_left_out() {
        let mut d = with(&[1, 2]);
        d.tag(0, 10);
        d.begin(1);
        d.end(1);
        assert_eq!(d.next_tagged(0, 10), Some(2));
    }

    #[test]
    fn a_page_can_be_dirty_and_on_its_way() {
        let mut d = with(&[4]);
        d.tag(0, 10);
        d.begin(4);
        d.set(4);
        d.tag(0, 10);
        assert_eq!(d.next_tagged(0, 10), Some(4));
        assert!(d.is_in_flight(4));
        assert_eq!(d.run(4, 10, 8), 0);
        d.end(4);
        assert_eq!(d.run(4, 10, 8), 1);
    }

    #[test]
    fn runs_are_contiguous_and_bounded() {
        let mut d = with(&[4, 5, 6, 8]);
        d.tag(0, 100);
        assert_eq!(d.run(4, 100, 256), 3);
        assert_eq!(d.run(4, 100, 2), 2);
        assert_eq!(d.run(4, 5, 256), 1);
    }
}
