//! The JSON Schema of scenario files, made from the types that read them.

use schemars::r#gen::SchemaSettings;
use schemars::schema::RootSchema;

use super::raw::RawScenario;

/// The JSON Schema (draft 7) of a scenario file.
pub fn schema() -> RootSchema {
    let settings = SchemaSettings::draft07().with(|settings| {
        // TOML has no null: what is absent is left out.
        settings.option_add_null_type = false;
    });
    settings
        .into_generator()
        .into_root_schema_for::<RawScenario>()
}
