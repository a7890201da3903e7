//! The tables once more as Parquet, with the cargo feature `parquet`.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use crate::run::write::Growing;

/// Rows that are in memory at once.
const GROUP: usize = 50_000;

/// What a column holds: the narrowest that all its values fit.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Kind {
    Whole,
    Real,
    Text,
}

/// Writes `folder`/`name`.parquet from `folder`/`name`.csv. Empty fields are
/// nulls.
///
/// # Errors
/// A file cannot be read or written.
pub fn from_csv(folder: &Path, name: &str) -> io::Result<()> {
    let path = folder.join(format!("{name}.csv"));
    let (heads, kinds) = columns(&path)?;
    let mut out = Growing::create(folder, &format!("{name}.parquet"))?;
    write(&path, &heads, &kinds, &mut out).map_err(io::Error::other)?;
    out.commit()
}

fn columns(path: &Path) -> io::Result<(Vec<String>, Vec<Kind>)> {
    let mut reader = csv::Reader::from_path(path)?;
    let heads: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut kinds = vec![Kind::Whole; heads.len()];
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        for (kind, field) in kinds.iter_mut().zip(&row) {
            let own = match field {
                "" => Kind::Whole,
                text if text.parse::<i64>().is_ok() => Kind::Whole,
                text if text.parse::<f64>().is_ok() => Kind::Real,
                _ => Kind::Text,
            };
            *kind = own.max(*kind);
        }
    }
    Ok((heads, kinds))
}

fn schema(heads: &[String], kinds: &[Kind]) -> Result<Arc<Type>, ParquetError> {
    let field = |(head, kind): (&String, &Kind)| {
        let physical = match kind {
            Kind::Whole => Physical::INT64,
            Kind::Real => Physical::DOUBLE,
            Kind::Text => Physical::BYTE_ARRAY,
        };
        let text = (*kind == Kind::Text).then_some(LogicalType::String);
        let field = Type::primitive_type_builder(head, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(text)
            .build()?;
        Ok(Arc::new(field))
    };
    let fields = heads
        .iter()
        .zip(kinds)
        .map(field)
        .collect::<Result<Vec<_>, ParquetError>>()?;
    Ok(Arc::new(
        Type::group_type_builder("row")
            .with_fields(fields)
            .build()?,
    ))
}

fn write(
    path: &Path,
    heads: &[String],
    kinds: &[Kind],
    out: &mut Growing,
) -> Result<(), ParquetError> {
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(out, schema(heads, kinds)?, properties)?;
    let external = |why: csv::Error| ParquetError::External(Box::new(why));
    let file = File::open(path).map_err(|why| ParquetError::External(Box::new(why)))?;
    let mut rows = csv::Reader::from_reader(file).into_records();
    loop {
        let group: Vec<csv::StringRecord> = rows
            .by_ref()
            .take(GROUP)
            .collect::<Result<_, _>>()
            .map_err(external)?;
        if group.is_empty() {
            break;
        }
        let mut columns = writer.next_row_group()?;
        for (i, kind) in kinds.iter().enumerate() {
            column(&mut columns, &group, i, *kind)?;
        }
        columns.close()?;
    }
    writer.close()?;
    Ok(())
}

fn column(
    columns: &mut SerializedRowGroupWriter<'_, &mut Growing>,
    group: &[csv::StringRecord],
    i: usize,
    kind: Kind,
) -> Result<(), ParquetError> {
    let Some(mut column) = columns.next_column()? else {
        return Ok(());
    };
    let fields = || group.iter().map(move |row| row.get(i).unwrap_or(""));
    // 1: there is a value, 0: there is none.
    let levels: Vec<i16> = fields().map(|field| i16::from(!field.is_empty())).collect();
    let given = || fields().filter(|field| !field.is_empty());
    match kind {
        Kind::Whole => {
            let values: Vec<i64> = given().filter_map(|field| field.parse().ok()).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Kind::Real => {
            let values: Vec<f64> = given().filter_map(|field| field.parse().ok()).collect();
            column
                .typed::<DoubleType>()
                .write_batch(&values, Some(&levels), None)?;
        }
        Kind::Text => {
            let values: Vec<ByteArray> = given().map(ByteArray::from).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&values, Some(&levels), None)?;
        }
    }
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[test]
    fn columns_keep_their_types() {
        let folder = std::env::temp_dir().join(format!("mpathsim-parquet-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("t.csv"), "n,x,s\n1,0.5,bio\n2,,request\n").unwrap();
        from_csv(&folder, "t").unwrap();
        let file = File::open(folder.join("t.parquet")).unwrap();
        let rows = SerializedFileReader::new(file).unwrap();
        let rows: Vec<String> = rows
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect();
        assert_eq!(
            rows,
            [
                "{n: 1, x: 0.5, s: \"bio\"}",
                "{n: 2, x: null, s: \"request\"}"
            ]
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
