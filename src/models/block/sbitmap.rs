//! Which tag is taken (`lib/sbitmap.c`, 6.1): words of bits, of which a
//! scheduler may hide the upper part of each from some requests.
//!
//! A bit that is given back is reclaimed only once the bits of its word run
//! out, so that tags travel through a word. The kernel starts each CPU at a
//! random bit; here all start in the first word.

/// Bits of which some are taken (`struct sbitmap`).
#[derive(Debug, Clone)]
pub struct Sbitmap {
    depth: u32,
    /// Bits of a word, as a power of two.
    shift: u32,
    words: Vec<Word>,
    /// Where each CPU looks first (`alloc_hint`).
    hints: Vec<u32>,
    effort: Effort,
}

/// What a search for a bit came upon before it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Effort {
    /// Words in which none was free.
    pub full: u32,
    /// Words in which one was free only after what had been given back was reclaimed.
    pub reclaimed: u32,
    /// Looks at the last word, of which it is asked how many bits it has.
    pub last: u32,
}

/// A word (`struct sbitmap_word`).
#[derive(Debug, Clone, Copy, Default)]
struct Word {
    taken: u64,
    /// Given back, not yet reclaimed.
    cleared: u64,
}

impl Sbitmap {
    /// `depth` free bits for `cpus` CPUs, in words as for `depth` bits, or for
    /// more.
    pub fn new(depth: u32, shift: u32, cpus: usize) -> Self {
        Sbitmap {
            depth,
            shift,
            words: vec![Word::default(); (depth as usize).div_ceil(1 << shift)],
            hints: vec![0; cpus.max(1)],
            effort: Effort::default(),
        }
    }

    /// There has been I/O before: as the device was found and looked at, the first
    /// three bits have been used and given back, one after the other.
    #[must_use]
    pub fn used_before(mut self) -> Self {
        let bits = self.bits(0).min(3);
        let used = (1 << bits) - 1;
        if let Some(word) = self.words.first_mut() {
            (word.taken, word.cleared) = (used, used);
        }
        self.hints.fill(bits.saturating_sub(1));
        self
    }

    /// What the last search came upon.
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// A search of all words in vain.
    pub fn get_none(&mut self, cpu: u8) {
        let cpu = usize::from(cpu) % self.hints.len();
        self.hints[cpu] = 0;
        self.effort = Effort {
            full: self.words.len() as u32,
            reclaimed: 0,
            last: 1,
        };
    }

    /// Bits of a word of a map of `depth`, as a power of two: at least four
    /// words where that is possible (`sbitmap_calculate_shift`).
    pub fn shift_of(depth: u32) -> u32 {
        if depth < 4 {
            return 6;
        }
        (0..=6).rev().find(|&s| 4 << s <= depth).unwrap_or(0)
    }

    /// Bits of word `i` (`__map_depth`).
    fn bits(&self, i: usize) -> u32 {
        (self.depth - ((i as u32) << self.shift)).min(1 << self.shift)
    }

    /// Takes a bit on `cpu`, of each word only one of the first `shallow`
    /// (`sbitmap_get`, `sbitmap_get_shallow`).
    pub fn get(&mut self, cpu: u8, shallow: Option<u32>) -> Option<u32> {
        let cpu = usize::from(cpu) % self.hints.len();
        let hint = self.hints[cpu];
        let hint = if hint < self.depth { hint } else { 0 };
        let first = (hint >> self.shift) as usize;
        let n = self.words.len();
        let mut effort = Effort::default();
        let found = (0..n).find_map(|turn| {
            let i = (first + turn) % n;
            let bits = self.bits(i);
            effort.last += u32::from(i + 1 == n);
            let from = match shallow {
                Some(_) if turn == 0 => hint & ((1 << self.shift) - 1),
                _ => 0,
            };
            let bits = shallow.map_or(bits, |s| bits.min(s));
            let bit = self.words[i].get(bits, from, &mut effort)?;
            Some(((i as u32) << self.shift) + bit)
        });
        self.effort = effort;
        match found {
            None => self.hints[cpu] = 0,
            Some(nr) if nr == hint => {
                let next = nr + 1;
                self.hints[cpu] = if next + 1 >= self.depth { 0 } else { next };
            }
            Some(_) => {}
        }
        found
    }

    /// Gives bit `nr` back on `cpu` (`sbitmap_queue_clear`).
    pub fn clear(&mut self, nr: u32, cpu: u8) {
        let word = &mut self.words[(nr >> self.shift) as usize];
        word.cleared |= 1 << (nr & ((1 << self.shift) - 1));
        let cpu = usize::from(cpu) % self.hints.len();
        self.hints[cpu] = nr;
    }
}

impl Word {
    /// Takes one of the first `bits`, from `from` on and then from the start;
    /// reclaims what has been given back if there is none.
    fn get(&mut self, bits: u32, from: u32, effort: &mut Effort) -> Option<u32> {
        let mut bit = self.find(bits, from);
        if bit.is_none() && self.cleared != 0 {
            self.taken &= !std::mem::take(&mut self.cleared);
            effort.reclaimed += 1;
            bit = self.find(bits, from);
        }
        let Some(bit) = bit else {
            effort.full += 1;
            return None;
        };
        self.taken |= 1 << bit;
        Some(bit)
    }
    fn find(&self, bits: u32, from: u32) -> Option<u32> {
        let usable = u64::MAX >> (64 - bits.clamp(1, 64));
        let free = !self.taken & if bits == 0 { 0 } else { usable };
        let behind = if from < 64 { free >> from << from } else { 0 };
        let of = if behind != 0 { behind } else { free };
        (of != 0).then(|| of.trailing_zeros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(depth: u32) -> Sbitmap {
        Sbitmap::new(depth, Sbitmap::shift_of(depth), 1)
    }

    #[test]
    fn words_are_as_the_kernel_divides_them() {
        let shifts = [1, 3, 4, 8, 31, 32, 128, 255, 256, 1024].map(Sbitmap::shift_of);
        assert_eq!(shifts, [6, 6, 0, 1, 2, 3, 5, 5, 6, 6]);
    }

    #[test]
    fn every_bit_is_given_out_once() {
        let mut m = map(100);
        let mut seen: Vec<u32> = std::iter::from_fn(|| m.get(0, None)).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
        m.clear(17, 0);
        assert_eq!(m.get(0, None), Some(17));
        assert_eq!(m.get(0, None), None);
    }

    #[test]
    fn the_shallow_get_the_lower_part_of_each_word() {
        let mut m = map(256);
        let shallow: Vec<u32> = std::iter::from_fn(|| m.get(0, Some(48))).collect();
        assert_eq!(shallow.len(), 192);
        assert!(shallow.iter().all(|nr| nr % 64 < 48));
        assert_eq!(std::iter::from_fn(|| m.get(0, None)).count(), 64);
        // A bit out of their reach does not help them, one within it does.
        m.clear(50, 0);
        assert_eq!(m.get(0, Some(48)), None);
        m.clear(64, 0);
        assert_eq!(m.get(0, Some(48)), Some(64));
    }

    #[test]
    fn a_search_says_what_it_came_upon() {
        let mut m = map(4).used_before();
        let search = |m: &mut Sbitmap| (m.get(0, None), m.effort().full, m.effort().reclaimed);
        let mut last = [0; 5];
        let all: [_; 5] = std::array::from_fn(|n| {
            let found = search(&mut m);
            last[n] = m.effort().last;
            found
        });
        let found = [0, 1, 2, 3].map(Some);
        assert_eq!(all.map(|(nr, ..)| nr)[..4], found);
        // The hint is back at the first word before the last has been taken.
        assert_eq!(all.map(|(_, full, _)| full), [0, 0, 0, 3, 4]);
        assert_eq!(all.map(|(.., reclaimed)| reclaimed), [1, 0, 0, 0, 0]);
        assert_eq!(last, [0, 0, 0, 1, 1], "looks at the last of four words");
        m.clear(2, 0);
        assert_eq!(search(&mut m), (Some(2), 0, 1));
    }

    #[test]
    fn bits_travel_through_a_word_before_they_are_used_again() {
        let mut m = map(8);
        let mut seen = Vec::new();
        for _ in 0..4 {
            let nr = m.get(0, None).unwrap();
            m.clear(nr, 0);
            seen.push(nr);
        }
        assert_eq!(seen, [0, 1, 0, 1]);
    }
}
