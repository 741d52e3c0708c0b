//! The table that `run.sh profile` prints, from what ncu writes.

use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// Runs `scripts/gpu-bundle/profile.py`; returns its text, and whether it succeeded.
fn table(log: &str) -> (String, bool) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("profile.csv");
    fs::write(&file, log).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/gpu-bundle/profile.py");
    let output = Command::new("python3").arg(script).arg(file).output().expect("python3 starts");
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn cells(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

#[test]
fn a_line_holds_what_was_measured_and_a_dash_for_the_rest() {
    let log = concat!(
        "==PROF== Connected to process 7\n",
        r#""ID","Kernel Name","gpu__time_duration.sum","launch__registers_per_thread","#,
        r#""smsp__average_warps_issue_stalled_long_scoreboard_per_issue_active.ratio","#,
        r#""smsp__average_warps_issue_stalled_selected_per_issue_active.ratio","#,
        r#""smsp__average_warps_issue_stalled_wait_per_issue_active.ratio""#,
        "\n",
        r#""","","ns","register/thread","inst","inst","inst""#,
        "\n",
        r#""0","nib_1","1,241,120","70","1.25","1.00","2.5""#,
        "\n",
        r#""1","pair_2(const TensorJob *)","n/a","72","0","1.00","0""#,
        "\n",
    );
    let (printed, success) = table(log);
    assert!(success);
    let lines: Vec<Vec<&str>> = printed.lines().take(3).map(cells).collect();
    let titles = "kernel us issue% ipc alu% fma% xu% lsu% occ% regs";
    assert_eq!(lines[0][..10], cells(titles));
    assert_eq!(lines[1][..10], cells("nib_1 1241.1 - - - - - - - 70"));
    assert_eq!(lines[1][lines[1].len() - 4..], cells("wait 2.50 long_scoreboard 1.25"));
    assert_eq!(lines[2][..10], cells("pair_2 - - - - - - - - 72"));
    assert_eq!(lines[2].last(), Some(&"-"));
}

#[test]
fn one_metric_a_line_is_read_as_well() {
    let log = concat!(
        r#""ID","Kernel Name","Metric Name","Metric Unit","Metric Value""#,
        "\n",
        r#""0","nib_1","gpu__time_duration.sum","ns","2,000""#,
        "\n",
        r#""0","nib_1","smsp__issue_active.avg.per_cycle_active","inst/cycle","0.75""#,
        "\n",
    );
    let (printed, success) = table(log);
    assert!(success);
    assert_eq!(cells(printed.lines().nth(1).unwrap())[..4], cells("nib_1 2.0 75.0 -"));
}

#[test]
fn a_log_without_kernels_is_an_error() {
    let (printed, success) = table("==ERROR== no permission\n");
    assert_eq!((printed.as_str(), success), ("", false));
}
