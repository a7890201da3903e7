//! How much is read ahead (`mm/readahead.c`, 6.1).
//!
//! A file that is read in order has a window of pages that were asked for
//! together. One page of the window bears a marker; whoever touches it has the
//! next window read before the present one is used up.

use super::Bitmap;

/// Pages that are read ahead by default (`VM_READAHEAD_PAGES`): 128 KiB.
const DEFAULT_PAGES: u64 = 32;

/// What the reader has said about its pattern (`posix_fadvise`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Advice {
    /// Nothing (`POSIX_FADV_NORMAL`).
    #[default]
    Normal,
    /// In order: windows are twice as long (`POSIX_FADV_SEQUENTIAL`).
    Sequential,
    /// At random: nothing is read ahead (`POSIX_FADV_RANDOM`).
    Random,
}

/// What a device allows (`struct backing_dev_info`).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct DeviceLimits {
    /// Longest window without advice, pages (`ra_pages`).
    pub ra_pages: u64,
    /// Longest request, pages (`io_pages`).
    pub io_pages: u64,
    /// Pages of the device.
    pub pages: u64,
}

impl DeviceLimits {
    /// Those of a device with an optimal I/O size of `io_opt` bytes (0: none)
    /// and requests of at most `max_sectors` (`disk_update_readahead`).
    pub fn new(io_opt: u32, max_sectors: u32, pages: u64) -> Self {
        DeviceLimits {
            ra_pages: (u64::from(io_opt) * 2 / super::PAGE).max(DEFAULT_PAGES),
            io_pages: u64::from(max_sectors) * 512 / super::PAGE,
            pages,
        }
    }
}

/// Pages to be read, those excepted that are cached.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Window {
    /// The first.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
    /// The page that gets the marker, if it is read.
    pub mark: Option<u64>,
}

impl Window {
    /// `pages` pages from `start`, cut at the end of the device; the marker
    /// lies `lookahead` pages before the end, if that is not 0
    /// (`do_page_cache_ra`, `page_cache_ra_unbounded`).
    fn cut(start: u64, pages: u64, lookahead: u64, device: u64) -> Option<Window> {
        let pages = pages.min(device.saturating_sub(start));
        let mark = (lookahead > 0 && lookahead <= pages).then(|| start + pages - lookahead);
        (pages > 0).then_some(Window {
            start,
            end: start + pages,
            mark,
        })
    }
}

/// Where a reader of a device stands (`struct file_ra_state`).
#[derive(Copy, Clone, Debug)]
pub struct ReadAhead {
    device: DeviceLimits,
    /// Longest window, pages.
    ra_pages: u64,
    random: bool,
    start: u64,
    size: u64,
    async_size: u64,
    /// The byte behind what was last read.
    prev_pos: Option<u64>,
}

impl ReadAhead {
    /// A reader that has not read yet.
    pub fn new(device: DeviceLimits, advice: Advice) -> Self {
        ReadAhead {
            device,
            ra_pages: match advice {
                Advice::Sequential => 2 * device.ra_pages,
                Advice::Normal | Advice::Random => device.ra_pages,
            },
            random: advice == Advice::Random,
            start: 0,
            size: 0,
            async_size: 0,
            prev_pos: None,
        }
    }

    /// Everything before byte `pos` has just been read.
    pub fn read_up_to(&mut self, pos: u64) {
        self.prev_pos = Some(pos);
    }

    /// A page could not be read: windows become shorter
    /// (`shrink_readahead_size_eio`).
    pub fn shrink(&mut self) {
        self.ra_pages /= 4;
    }

    /// `pages` pages from `index` on are wanted, of which the first is not in
    /// `cached` (`page_cache_sync_ra`).
    pub fn missed(&mut self, cached: &Bitmap, index: u64, pages: u64) -> Option<Window> {
        if self.random || self.ra_pages == 0 {
            let pages = if self.random { pages } else { 1 };
            let pages = pages.min(self.device.io_pages.max(self.ra_pages)).max(1);
            return Window::cut(index, pages, 0, self.device.pages);
        }
        self.ondemand(cached, index, pages, false)
    }

    /// The marked page `index`, from which on `pages` pages are wanted, has been
    /// touched (`page_cache_async_ra`).
    pub fn hit_marker(&mut self, cached: &Bitmap, index: u64, pages: u64) -> Option<Window> {
        if self.ra_pages == 0 {
            return None;
        }
        self.ondemand(cached, index, pages, true)
    }

    /// `ondemand_readahead`
    fn ondemand(&mut self, cached: &Bitmap, index: u64, req: u64, marked: bool) -> Option<Window> {
        let mut max = self.ra_pages;
        if req > max && self.device.io_pages > max {
            max = req.min(self.device.io_pages);
        }
        let behind = self.start + self.size;
        if index == 0 {
            self.initial(index, req, max);
        } else if index == behind - self.async_size || index == behind {
            self.start = behind;
            self.ramp_up(self.size, max);
        } else if marked {
            self.start = index + 1 + cached.run_up(index + 1, max);
            if self.start - index > max {
                return None;
            }
            self.ramp_up(self.start - index + req, max);
        } else if req > max || self.follows(index) {
            self.initial(index, req, max);
        } else if !self.context(cached, index, req, max) {
            return Window::cut(index, req, 0, self.device.pages);
        }
        self.swallow_own_marker(index, max);
        Window::cut(self.start, self.size, self.async_size, self.device.pages)
    }

    fn initial(&mut self, index: u64, req: u64, max: u64) {
        self.start = index;
        self.size = initial_size(req, max);
        self.async_size = match self.size.saturating_sub(req) {
            0 => self.size,
            ahead => ahead,
        };
    }

    fn ramp_up(&mut self, present: u64, max: u64) {
        self.size = next_size(present, max);
        self.async_size = self.size;
    }

    /// Whether `index` is the page last read or the one after it.
    fn follows(&self, index: u64) -> bool {
        self.prev_pos.is_some_and(|pos| {
            let prev = pos / super::PAGE;
            index >= prev && index - prev <= 1
        })
    }

    /// A run of cached pages before `index` may be the trace of a sequential
    /// reader (`try_context_readahead`).
    fn context(&mut self, cached: &Bitmap, index: u64, req: u64, max: u64) -> bool {
        let mut history = cached.run_down(index, max);
        if history <= req {
            return false;
        }
        if history >= index {
            history *= 2;
        }
        self.start = index;
        self.size = (history + req).min(max);
        self.async_size = 1;
        true
    }

    /// A window whose first page is both wanted now and marked: the next one is
    /// added to it at once.
    fn swallow_own_marker(&mut self, index: u64, max: u64) {
        if index != self.start || self.size != self.async_size {
            return;
        }
        let add = next_size(self.size, max);
        if self.size + add <= max {
            self.async_size = add;
            self.size += add;
        } else {
            self.size = max;
            self.async_size = max / 2;
        }
    }
}

/// `get_init_ra_size`
fn initial_size(req: u64, max: u64) -> u64 {
    let size = req.next_power_of_two();
    if size <= max / 32 {
        size * 4
    } else if size <= max / 4 {
        size * 2
    } else {
        max
    }
}

/// `get_next_ra_size`
fn next_size(present: u64, max: u64) -> u64 {
    if present < max / 16 {
        4 * present
    } else if present <= max / 2 {
        2 * present
    } else {
        max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceLimits = DeviceLimits {
        ra_pages: 32,
        io_pages: 256,
        pages: 262_144,
    };

    /// Reads `pages` page by page, `req` pages a call; sizes of the windows.
    fn read(mut ra: ReadAhead, first: u64, pages: u64, req: u64) -> Vec<u64> {
        let (mut cached, mut marked) = (Bitmap::default(), Bitmap::default());
        let mut sizes = Vec::new();
        let mut take = |w: Option<Window>, cached: &mut Bitmap, marked: &mut Bitmap| {
            let Some(w) = w else { return };
            let mut n = 0;
            for page in w.start..w.end {
                if cached.set(page) {
                    n += 1;
                    if w.mark == Some(page) {
                        marked.set(page);
                    }
                }
            }
            sizes.push(n);
        };
        for call in (first..first + pages).step_by(req as usize) {
            for page in call..call + req {
                let left = call + req - page;
                if !cached.has(page) {
                    take(ra.missed(&cached, page, left), &mut cached, &mut marked);
                }
                if marked.clear(page) {
                    take(ra.hit_marker(&cached, page, left), &mut cached, &mut marked);
                }
            }
            ra.read_up_to((call + req) * super::super::PAGE);
        }
        sizes
    }

    #[test]
    fn sequential_single_pages_with_advice() {
        let sizes = read(ReadAhead::new(DEVICE, Advice::Sequential), 0, 2048, 1);
        assert_eq!(sizes[..5], [4, 8, 16, 32, 64]);
        assert!(sizes[4..].iter().all(|&n| n == 64));
        assert_eq!(sizes.len(), 37);
        assert_eq!(sizes.iter().sum::<u64>(), 2172);
    }

    #[test]
    fn sequential_single_pages_without_advice() {
        let sizes = read(ReadAhead::new(DEVICE, Advice::Normal), 0, 256, 1);
        assert_eq!(sizes[..5], [4, 8, 16, 32, 32]);
    }

    #[test]
    fn large_calls_start_with_larger_windows() {
        let sizes = read(ReadAhead::new(DEVICE, Advice::Sequential), 0, 256, 16);
        assert_eq!(sizes[..3], [32, 64, 64]);
    }

    #[test]
    fn calls_beyond_the_window_may_be_as_long_as_a_request() {
        let sizes = read(ReadAhead::new(DEVICE, Advice::Normal), 0, 128, 128);
        assert_eq!(sizes[0], 128);
    }

    #[test]
    fn random_advice_reads_what_is_asked_for() {
        let mut ra = ReadAhead::new(DEVICE, Advice::Random);
        let cached = Bitmap::default();
        let w = ra.missed(&cached, 100, 3);
        let want = Window {
            start: 100,
            end: 103,
            mark: None,
        };
        assert_eq!(w, Some(want));
    }

    #[test]
    fn a_single_random_read_reads_no_more() {
        let mut ra = ReadAhead::new(DEVICE, Advice::Normal);
        let w = ra.missed(&Bitmap::default(), 5000, 2);
        let want = Window {
            start: 5000,
            end: 5002,
            mark: None,
        };
        assert_eq!(w, Some(want));
    }

    #[test]
    fn the_window_ends_with_the_device() {
        let mut device = DEVICE;
        device.pages = 10;
        let sizes = read(ReadAhead::new(device, Advice::Sequential), 0, 10, 1);
        assert_eq!(sizes, [4, 6]);
        let mut ra = ReadAhead::new(device, Advice::Normal);
        assert_eq!(ra.missed(&Bitmap::default(), 10, 1), None);
    }

    #[test]
    fn cached_history_starts_a_window() {
        let mut cached = Bitmap::default();
        for page in 992..1000 {
            cached.set(page);
        }
        let mut ra = ReadAhead::new(DEVICE, Advice::Normal);
        let w = ra.missed(&cached, 1000, 1);
        let want = Window {
            start: 1000,
            end: 1009,
            mark: Some(1008),
        };
        assert_eq!(w, Some(want));
    }

    #[test]
    fn a_marker_of_somebody_else_is_taken_up() {
        let mut cached = Bitmap::default();
        for page in 100..108 {
            cached.set(page);
        }
        let mut ra = ReadAhead::new(DEVICE, Advice::Normal);
        let w = ra.hit_marker(&cached, 104, 1);
        let want = Window {
            start: 108,
            end: 118,
            mark: Some(108),
        };
        assert_eq!(w, Some(want));
    }

    #[test]
    fn errors_shorten_windows_to_single_pages() {
        let mut ra = ReadAhead::new(DEVICE, Advice::Normal);
        for _ in 0..3 {
            ra.shrink();
        }
        let w = ra.missed(&Bitmap::default(), 0, 8);
        assert_eq!(w.map(|w| w.end - w.start), Some(1));
        assert_eq!(ra.hit_marker(&Bitmap::default(), 0, 8), None);
    }
}
