//! The report as text.

use super::report::{Part, Report, Row};

/// The facts shared by all rows.
pub fn report(report: &Report) {
    let Report { device, runs, copied_bytes, copy, .. } = report;
    println!("{device}");
    println!(
        "copy of {:.0} MB: {:.2} TB/s read and written (median of {runs}; best {:.2}, worst {:.2})",
        *copied_bytes as f64 / 1e6,
        copy.median / 1e12,
        copy.max / 1e12,
        copy.min / 1e12
    );
    println!(
        "GB/s of decoded bytes, {runs} runs each, every byte compared before; of copy: compressed bytes\n\
         read and decoded bytes written by the median run, beside what the copy moved; targets are of\n\
         the best run, or of copy"
    );
}

/// The title of a part, and its columns.
pub fn heading(part: Part) {
    let title = match part {
        Part::Table => "Data sets, large batches",
        Part::Single => "One tensor of 16 MiB alone, in the second-level cache (hot) or not (cold)",
        Part::Batch => "200 tensors of a 7B model in one call",
        Part::Predictors => "Predictors, forced",
        Part::Coders => "Entropy coders, forced",
        Part::Sizes => "One tensor alone, hot where it fits in the cache",
        Part::Delta => "Deltas in one call; of copy: beside a copy of as many bytes",
    };
    println!("\n{title}:");
    println!(
        "{:<20} {:<13} {:>6} {:>6}  {:>6} {:>6} {:>6} {:>7}  {:>6} {:>8}  met",
        "data", "codec", "ratio", "limit", "best", "median", "worst", "of copy", "ratio", "speed"
    );
}

/// A measurement.
pub fn row(row: &Row) {
    println!("{}", line(row));
}

fn line(row: &Row) -> String {
    let Row { name, codecs, ratio, limit, rate, share_of_copy, target, met, .. } = row;
    let target_ratio = target.ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.4}"));
    let speed = match (target.rate, target.share_of_copy) {
        (Some(rate), _) => format!("{rate:.0}"),
        (None, Some(share)) => format!("{:.0}% copy", 100.0 * share),
        (None, None) => "-".into(),
    };
    format!(
        "{name:<20} {codecs:<13} {ratio:>6.4} {limit:>6.4}  {:>6.0} {:>6.0} {:>6.0} {:>6.1}%  \
         {target_ratio:>6} {speed:>8}  {}",
        rate.max,
        rate.median,
        rate.min,
        100.0 * share_of_copy,
        verdict(met.ratio, met.speed)
    )
}

fn verdict(ratio: Option<bool>, speed: Option<bool>) -> &'static str {
    match (ratio.unwrap_or(true), speed.unwrap_or(true)) {
        _ if ratio.is_none() && speed.is_none() => "-",
        (true, true) => "yes",
        (false, true) => "not the ratio",
        (true, false) => "not the speed",
        (false, false) => "neither",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_met() {
        let mut row = Row::example(Part::Table, "int8 s=28", 512_000_000);
        let expected = "int8 s=28            TansNib       1.1567 1.1669    1912   1890   1880   \
                        85.0%  1.1550     1900  yes";
        assert_eq!(line(&row), expected);
        row.met = row.target.met(1.1567, 1899.0, 0.8498);
        assert!(line(&row).ends_with("not the speed"));
    }
}
