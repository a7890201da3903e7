//! The JSON Schema of scenario files, made from the types that read them.

use schemars::schema::RootSchema;

use super::raw::RawScenario;

/// The JSON Schema (draft 7) of a scenario file.
pub fn schema() -> RootSchema {
    schemars::schema_for!(RawScenario)
}
