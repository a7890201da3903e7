//! The seeds of a thread's generators (`init.c:setup_random_seeds`, 3.33).

/// How many seeds a thread has (`FIO_RAND_NR_OFFS`).
pub const COUNT: usize = 21;
/// `randseed` where none is given.
pub const FIO_RANDSEED_DEFAULT: u64 = 0x89;
/// `randseed` in place of a seed from the system's entropy (`randrepeat=0`).
pub const INSTEAD_OF_RANDOM: u64 = 0x6d70_6174_6873_696d;
/// Seed of what `randrepeat` keeps the same from run to run (`FIO_RANDSEED`).
const FIO_RANDSEED: u64 = 0xb189_9bed;
/// 2³² divided by the golden ratio, nearly: fio's usual multiplier.
const GOLDEN_32: u64 = 0x9e37_0001;

/// Use of a seed: block sizes of reads; writes and trims have the next two.
pub const BLOCK_SIZE: usize = 0;
/// Use of a seed: read or write.
pub const MIX: usize = 4;
/// Use of a seed: offsets.
pub const OFFSET: usize = 6;
/// Use of a seed: sequential or random, one seed for all directions.
pub const SEQ_RAND: usize = 10;
/// Use of a seed: Poisson gaps of reads, writes and trims.
pub const POISSON: [usize; 3] = [15, 17, 18];

/// The seeds that follow from `randseed` for a thread of this number (from 1).
pub fn from_randseed(randseed: u64, thread_number: u32) -> [u64; COUNT] {
    let mut seed = randseed;
    for _ in 0..4 {
        seed = seed.wrapping_mul(GOLDEN_32);
    }
    let mut seeds = [0; COUNT];
    for (i, s) in seeds.iter_mut().enumerate() {
        *s = seed
            .wrapping_mul(u64::from(thread_number))
            .wrapping_add(i as u64);
        seed = seed.wrapping_mul(GOLDEN_32);
    }
    seeds
}

/// The seeds of a thread for which no option about seeds is given.
pub fn default_seeds(thread_number: u32) -> [u64; COUNT] {
    let mut seeds = from_randseed(FIO_RANDSEED_DEFAULT, thread_number);
    seeds[OFFSET] = repeatable_offset_seed(thread_number);
    seeds
}

/// The seeds of `allrandrepeat`.
pub fn all_repeatable(thread_number: u32) -> [u64; COUNT] {
    std::array::from_fn(|i| repeatable_offset_seed(thread_number).wrapping_add(i as u64))
}

/// The seed of the offset generator under `randrepeat`.
pub fn repeatable_offset_seed(thread_number: u32) -> u64 {
    FIO_RANDSEED.wrapping_mul(u64::from(thread_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_halves_of_the_seeds() {
        let low = |seeds: [u64; COUNT]| [0, 1, 4, 10, 15].map(|i: usize| seeds[i] as u32);
        assert_eq!(
            low(from_randseed(FIO_RANDSEED_DEFAULT, 1)),
            [
                0xadbc_0089,
                0x592b_008a,
                0x5b78_008d,
                0x6012_0093,
                0xb93d_0098
            ]
        );
        assert_eq!(
            low(from_randseed(7, 1)),
            [
                0x4e04_0007,
                0xa185_0008,
                0x9c08_000b,
                0x910e_0011,
                0x3293_0016
            ]
        );
    }
}
