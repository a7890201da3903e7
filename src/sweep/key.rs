//! What determines a result, as a hash.

use std::path::Path;

use crate::models::config::MachineConfig;
use crate::scenario::Mode;

use super::SweepError;
use super::definition::WarmUp;
use super::record::Label;

/// The key of a result: equal keys, equal results.
pub type Key = [u8; 16];

/// The hash of the program that runs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Program([u8; 32]);

impl Program {
    /// Of this process.
    ///
    /// # Errors
    /// The file of the program cannot be read.
    pub fn this() -> Result<Program, SweepError> {
        let path = std::env::current_exe()
            .map_err(|why| SweepError::read(Path::new("the program"), why))?;
        let mut hasher = blake3::Hasher::new();
        let file = std::fs::File::open(&path).map_err(|why| SweepError::read(&path, why))?;
        hasher
            .update_reader(file)
            .map_err(|why| SweepError::read(&path, why))?;
        Ok(Program(*hasher.finalize().as_bytes()))
    }

    /// As text.
    pub fn hex(&self) -> String {
        hex(&self.0[..16])
    }
}

/// Hashes what determines the results of a point, its replication apart.
pub fn of_point(program: &Program, machine: &MachineConfig, mode: Mode, warm_up: &WarmUp) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&program.0);
    // A machine is plain data and serialises; policies are part of the program.
    let machine = serde_json::to_vec(machine).unwrap_or_default();
    hasher.update(&(machine.len() as u64).to_le_bytes());
    hasher.update(&machine);
    hasher.update(mode.name().as_bytes());
    hasher.update(warm_up.to_string().as_bytes());
    first(&hasher)
}

/// Hashes what determines why a point has no machine: its scenario, and what
/// else it sets.
pub fn of_no_machine(program: &Program, scenario: &str, values: &[Label], mode: Mode) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&program.0);
    let values = values.iter().map(Label::to_string);
    let texts = values.chain([scenario.to_owned(), mode.name().to_owned()]);
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    first(&hasher)
}

/// The key of a replication of a point.
pub fn of_replication(point: &Key, replication: u32) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(point);
    hasher.update(&replication.to_le_bytes());
    first(&hasher)
}

fn first(hasher: &blake3::Hasher) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    key
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
