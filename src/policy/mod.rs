//! Is B better than A? Policies, modes, scenarios, builds: replicated, in the
//! same worlds, with verdicts that hold together.
//!
//! [`compare()`] answers it for two, [`tournament()`] for all policies,
//! [`sensitivity()`] says for which inputs the answer holds, [`regress`] keeps
//! policies from getting worse. Documented for readers in `docs/regression.md`.

mod builds;
mod compare;
mod contender;
mod cut;
mod error;
mod kept;
pub mod regress;
mod results;
mod runs;
mod sensitivity;
mod tournament;
mod verdict;

pub use compare::{Compared, Comparison, LeftOut, Row, compare};
pub use contender::Contender;
pub use cut::Cut;
pub use error::PolicyError;
pub use kept::{COMPARISON, Kept, KeptPlace, KeptVerdict, TOURNAMENT};
pub use kept::{keep_comparison, keep_tournament};
pub(crate) use runs::names;
pub use runs::{Cell, Runs, Settings};
pub use sensitivity::{Change, Finding, Over, Sensitivity, Trial, Varied, sensitivity};
pub use tournament::{Place, Ranking, Tournament, tournament};
pub use verdict::{Judged, Question, Verdict, judge};
