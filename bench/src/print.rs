//! The report as text, line by line.

use super::report::{Event, InputReport, NotRun, Report, Row, Timing};
use super::spread::Spread;

/// The machine, and how to read what follows.
pub fn heading(report: &Report) -> String {
    let Report { version, machine, runs, seconds, peer_chunk_bytes, .. } = report;
    format!(
        "wcodec {version} on {}, {} cores, {} threads\nGPU: {}\n\
         Every output was compared byte for byte before it was timed. GB/s of decoded bytes: median (min to max)\n\
         of up to {runs} runs within {seconds} s. Of copy: compressed bytes read and decoded bytes written, beside what a\n\
         copy moves. Peers have chunks of {} KiB, and as many threads.",
        machine.cpu,
        machine.cores,
        machine.threads,
        machine.gpu,
        peer_chunk_bytes >> 10
    )
}

/// A line or a few.
pub fn event(event: &Event) -> String {
    match event {
        Event::Input(report) => input(report),
        Event::Row(report) => row(report),
        Event::NotRun(report) => not_run(report),
    }
}

fn input(input: &InputReport) -> String {
    let InputReport { name, dtypes, decoded_bytes, limit, cpu_copy, gpu_copy } = input;
    let on_gpu =
        gpu_copy.map_or_else(String::new, |copy| format!("; on the GPU {}", spread(&copy)));
    format!(
        "\n{name}, {dtypes}, {:.1} MB: order-0 limit {limit:.3}; a copy reads and writes {} GB/s on the CPU{on_gpu}\n\
         {:<18} {:<14} {:>6}  {:<27} {:<27} {:>7}",
        *decoded_bytes as f64 / 1e6,
        spread(cpu_copy),
        "contender",
        "decodes on",
        "ratio",
        "encode (runs)",
        "decode (runs)",
        "of copy"
    )
}

fn row(row: &Row) -> String {
    let Row { contender, device, ratio, encode, decode, share_of_copy, .. } = row;
    format!(
        "{contender:<18} {device:<14} {ratio:>6.3}  {:<27} {:<27} {:>6.1}%",
        timing(encode),
        timing(decode),
        100.0 * share_of_copy
    )
}

fn not_run(not_run: &NotRun) -> String {
    let NotRun { contender, device, reason, .. } = not_run;
    format!("{contender:<18} {device:<14} not run: {reason}")
}

fn timing(timing: &Timing) -> String {
    format!("{} {}x", spread(&timing.rate), timing.runs)
}

/// Three digits that count, whatever the size.
fn spread(spread: &Spread) -> String {
    let digits = match spread.median {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let Spread { median, min, max } = spread;
    format!("{median:.digits$} ({min:.digits$} to {max:.digits$})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_run_has_a_reason_and_no_number() {
        let [input, contender, device] = ["bf16", "wcodec balanced", "GPU"].map(str::to_owned);
        let reason = "no driver".to_owned();
        let line = not_run(&NotRun { input, contender, device, reason });
        assert_eq!(line, "wcodec balanced    GPU            not run: no driver");
    }

    #[test]
    fn rates_have_three_digits() {
        let of = |median| Spread { median, min: median / 2.0, max: median * 2.0 };
        assert_eq!(spread(&of(0.25)), "0.250 (0.125 to 0.500)");
        assert_eq!(spread(&of(1890.0)), "1890 (945 to 3780)");
    }
}
