//! The JSON Schema of scenario files, made from the types that read them.

use schemars::r#gen::SchemaSettings;
use schemars::schema::RootSchema;

use super::raw::{RawScenario, RawSweepFile};

/// The JSON Schema (draft 7) of a scenario file.
pub fn schema() -> RootSchema {
    settings()
        .into_generator()
        .into_root_schema_for::<RawScenario>()
}

/// The JSON Schema (draft 7) of a sweep in a file of its own.
pub fn sweep_file_schema() -> RootSchema {
    settings()
        .into_generator()
        .into_root_schema_for::<RawSweepFile>()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft07().with(|settings| {
        // TOML has no null: what is absent is left out.
        settings.option_add_null_type = false;
    })
}
