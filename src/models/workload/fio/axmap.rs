//! The random map: which blocks of a region were taken (`lib/axmap.c`, 3.33).
//!
//! A bitmap under a tree of summaries: a set bit of level n+1 says that the
//! whole word of level n is taken. The next free block is found in one step a
//! level.

/// Blocks 0 to `blocks` − 1, each taken or free.
#[derive(Clone, Debug)]
pub struct Axmap {
    /// Level 0 has a bit a block.
    levels: Vec<Vec<u64>>,
    blocks: u64,
}

impl Axmap {
    /// All free.
    pub fn new(blocks: u64) -> Self {
        let mut map = Axmap {
            levels: Vec::new(),
            blocks,
        };
        let mut bits = blocks;
        loop {
            let words = bits.div_ceil(64).max(1);
            map.levels.push(vec![0; words as usize]);
            if words == 1 {
                break;
            }
            bits = words;
        }
        map.reset();
        map
    }

    /// Frees all.
    pub fn reset(&mut self) {
        // Bits past the end count as taken, so that no search finds them.
        let mut bits = self.blocks;
        for level in &mut self.levels {
            level.fill(0);
            let past = bits % 64;
            if let Some(last) = level.last_mut()
                && (past != 0 || bits == 0)
            {
                *last = u64::MAX << past;
            }
            bits = level.len() as u64;
        }
    }

    /// Whether `block` is taken; a block past the end is not.
    #[inline]
    pub fn is_set(&self, block: u64) -> bool {
        block < self.blocks && self.levels[0][(block / 64) as usize] >> (block % 64) & 1 != 0
    }

    /// Takes up to `n` blocks from `block` on, ending before the first that is
    /// taken already or past the end. How many were taken.
    #[inline]
    pub fn set_run(&mut self, block: u64, n: u64) -> u64 {
        let mut done = 0;
        while done < n && block + done < self.blocks {
            let at = block + done;
            let (word, bit) = ((at / 64) as usize, at % 64);
            let room = (n - done).min(64 - bit);
            let run = u64::from((self.levels[0][word] >> bit).trailing_zeros()).min(room);
            if run == 0 {
                break;
            }
            self.levels[0][word] |= (u64::MAX >> (64 - run)) << bit;
            if self.levels[0][word] == u64::MAX {
                self.fill_up(word);
            }
            done += run;
            if run < room {
                break;
            }
        }
        done
    }

    /// Word `word` of level 0 became full: tells the levels above.
    fn fill_up(&mut self, mut word: usize) {
        for level in &mut self.levels[1..] {
            let w = &mut level[word / 64];
            *w |= 1 << (word % 64);
            if *w != u64::MAX {
                break;
            }
            word /= 64;
        }
    }

    /// The next free block after `block`, which is taken; past the end it goes
    /// on from the start. None: all are taken.
    #[inline]
    pub fn next_free(&self, block: u64) -> Option<u64> {
        if block >= self.blocks {
            return None;
        }
        let next = block + 1;
        self.first_free(next).or_else(|| self.first_free(0))
    }

    /// The first free block from `from` on.
    fn first_free(&self, from: u64) -> Option<u64> {
        // Up until a word has a free bit at or after ours, then down again.
        let mut index = from;
        let mut up = 0;
        loop {
            let level = self.levels.get(up)?;
            let word = (index / 64) as usize;
            let free = !level.get(word)? & (u64::MAX << (index % 64));
            if free != 0 {
                index = word as u64 * 64 + u64::from(free.trailing_zeros());
                break;
            }
            index = index / 64 + 1;
            up += 1;
        }
        for level in self.levels[..up].iter().rev() {
            let free = !level[index as usize];
            index = index * 64 + u64::from(free.trailing_zeros());
        }
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the map says, block by block.
    fn naive_next(taken: &[bool], block: usize) -> Option<u64> {
        (block + 1..taken.len())
            .chain(0..=block)
            .find(|b| !taken[*b])
            .map(|b| b as u64)
    }

    proptest! {
        #[test]
        fn agrees_with_a_list_of_blocks(
            blocks in 1u64..9000,
            ops in prop::collection::vec((0u64..9000, 1u64..200), 1..300),
        ) {
            let mut map = Axmap::new(blocks);
            let mut taken = vec![false; blocks as usize];
            for (block, n) in ops {
                let block = block % blocks;
                prop_assert_eq!(map.is_set(block), taken[block as usize]);
                if taken[block as usize] {
                    prop_assert_eq!(map.next_free(block), naive_next(&taken, block as usize));
                    continue;
                }
                let run = taken[block as usize..]
                    .iter()
                    .take(n as usize)
                    .take_while(|t| !**t)
                    .count();
                prop_assert_eq!(map.set_run(block, n), run as u64);
                taken[block as usize..][..run].fill(true);
            }
        }
    }

    #[test]
    fn fills_up_and_starts_over() {
        for blocks in [1, 63, 64, 65, 4096, 4097, 262_145] {
            let mut map = Axmap::new(blocks);
            let mut at = 0;
            for _ in 1..blocks {
                assert_eq!(map.set_run(at, 1), 1);
                at = map.next_free(at).unwrap();
            }
            assert_eq!(map.set_run(at, 5), 1);
            assert_eq!(map.next_free(at), None);
            map.reset();
            assert!(!map.is_set(at));
        }
    }
}
