//! The report as drawings.

use super::report::{Part, Row};
use super::sizes::in_units;
use anyhow::Result;
use std::path::Path;
use wcodec_bench::plot::{Bar, Line, Words, bars, lines};

const SPEED: &str = "GB/s of decoded bytes";

/// Draws the parts that were measured: `data-sets.svg` and `sizes.svg`.
pub fn all(rows: &[Row], folder: &Path) -> Result<()> {
    let of_part =
        |part| -> Vec<&Row> { rows.iter().filter(|row: &&Row| row.part == part).collect() };
    let (sets, sizes) = (of_part(Part::Table), of_part(Part::Sizes));
    if !sets.is_empty() {
        draw_sets(&sets, &folder.join("data-sets.svg"))?;
    }
    if !sizes.is_empty() {
        draw_sizes(&sizes, &folder.join("sizes.svg"))?;
    }
    Ok(())
}

/// A bar for each data set, from the worst to the best run paler, and its roofline.
fn draw_sets(rows: &[&Row], file: &Path) -> Result<()> {
    let bar =
        |row: &&Row| Bar { label: row.name.clone(), value: row.rate, mark: Some(row.roofline) };
    let drawn: Vec<Bar> = rows.iter().map(bar).collect();
    let caption = "Decoding by data type, and as fast as memory is copied (red)";
    bars(&drawn, &Words { caption, x: SPEED, y: "" }, file)
}

/// A line for each data type over the size of the tensor.
fn draw_sizes(rows: &[&Row], file: &Path) -> Result<()> {
    let mut dtypes: Vec<&str> = rows.iter().map(|row| row.dtype.as_str()).collect();
    dtypes.dedup();
    let line = |dtype: &str| {
        let of_dtype = rows.iter().filter(|row| row.dtype == dtype);
        let points = |rate: fn(&Row) -> f64| {
            of_dtype.clone().map(|row| (row.decoded_bytes as f64, rate(row))).collect()
        };
        Line {
            label: dtype.to_owned(),
            points: points(|row| row.rate.median),
            could: points(|row| row.roofline),
        }
    };
    let drawn: Vec<Line> = dtypes.into_iter().map(line).collect();
    let caption = "Decoding one tensor, and as fast as memory is copied (thin)";
    let words = Words { caption, x: "decoded bytes of the tensor", y: SPEED };
    lines(&drawn, &words, &|bytes| in_units(bytes.round() as usize), file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_were_measured_are_drawn() {
        let folder = tempfile::TempDir::new().unwrap();
        let drawn = |name| std::fs::read_to_string(folder.path().join(name)).ok();
        all(&[], folder.path()).unwrap();
        assert_eq!((drawn("data-sets.svg"), drawn("sizes.svg")), (None, None));

        let sets = ["int8 s=28", "bf16"].map(|name| Row::example(Part::Table, name, 512_000_000));
        let sizes = [16, 18, 20].map(|log2| Row::example(Part::Sizes, "int8", 1 << log2));
        all(&[sets.to_vec(), sizes.to_vec()].concat(), folder.path()).unwrap();
        let [sets, sizes] = ["data-sets.svg", "sizes.svg"].map(|name| drawn(name).unwrap());
        assert!(sets.contains("int8 s=28") && sets.contains("bf16"));
        assert!(sizes.contains("I8") && sizes.contains("1 MiB"));
    }
}
