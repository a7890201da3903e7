//! What the compiler is told about a branch.
//!
//! A run goes through some four thousand different instructions for each I/O.
//! Whether they fit into a processor's instruction cache decides how fast it is
//! more than how many there are: what hardly ever happens must not lie between.

/// `condition`, which hardly ever holds: the code for it is put out of the way.
#[inline(always)]
pub fn unlikely(condition: bool) -> bool {
    if condition {
        cold();
    }
    condition
}

/// A call of this marks the branch that it is in as one that is hardly ever taken.
#[cold]
#[inline(always)]
fn cold() {}
