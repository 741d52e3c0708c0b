//! The C programs of `tests/c` and `examples`: compiled against the header, linked with the shared
//! library, and with the static one, run, and run again under valgrind. What this machine lacks is
//! left out by name. What needs a GPU is tested on one by `scripts/gpu-bundle/capi_test.py`.

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};
use tempfile::TempDir;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// The folder that the libraries lie in: that of the test itself.
fn libraries() -> PathBuf {
    env::current_exe().unwrap().parent().unwrap().to_path_buf()
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Shared,
    Static,
    Valgrind,
}

fn sources() -> Vec<PathBuf> {
    let files = ["tests/c", "examples"].map(|folder| fs::read_dir(Path::new(FOLDER).join(folder)));
    let files = files.into_iter().flat_map(|files| files.unwrap().map(|file| file.unwrap().path()));
    let mut sources: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "c")).collect();
    sources.sort();
    sources
}

/// Runs a command, whose output is the failure's where it fails.
fn run(command: &mut Command) -> Result<(), Failed> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let [said, wrong] =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    Err(format!("{command:?}: {}\n{said}{wrong}", output.status).into())
}

fn compile(source: &Path, way: Way, program: &Path) -> Result<(), Failed> {
    let libraries = libraries();
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pedantic"])
        .arg("-I")
        .arg(Path::new(FOLDER).join("include"))
        .arg(source)
        .arg("-o")
        .arg(program);
    match way {
        Way::Static => cc.arg(libraries.join("libwcodec_c.a")).args(["-lpthread", "-ldl", "-lm"]),
        _ => cc
            .arg("-L")
            .arg(&libraries)
            .arg("-lwcodec_c")
            .arg(format!("-Wl,-rpath,{}", libraries.display())),
    };
    run(&mut cc)
}

fn test(source: &Path, way: Way) -> Result<(), Failed> {
    let folder = TempDir::new()?;
    let program = folder.path().join("program");
    compile(source, way, &program)?;
    let given = folder.path().join("given");
    fs::create_dir(&given)?;
    if way != Way::Valgrind {
        return run(Command::new(&program).arg(&given));
    }
    // Without AVX-512, which it does not know. What threads of the pool hold at the end is theirs.
    run(Command::new("valgrind")
        .args([
            "--quiet",
            "--error-exitcode=9",
            "--leak-check=full",
            "--errors-for-leak-kinds=definite",
        ])
        .arg(&program)
        .arg(&given)
        .env("WCODEC_CPU", "portable")
        .env("RAYON_NUM_THREADS", "1"))
}

/// The shared library exports the functions of the header, and nothing else.
fn exports() -> Result<(), Failed> {
    let header = fs::read_to_string(Path::new(FOLDER).join("include/wcodec.h"))?;
    // Declarations end a line with their first parameter, or with the last.
    let named = header.lines().filter(|line| !line.starts_with("//"));
    let named = named.filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next());
    let mut declared: Vec<_> = named.filter(|name| name.starts_with("wcodec_")).collect();
    declared.sort_unstable();
    let library = libraries().join("libwcodec_c.so");
    let nm = Command::new("nm").args(["-D", "--defined-only", "-P"]).arg(library).output()?;
    let symbols = String::from_utf8(nm.stdout)?;
    let mut exported: Vec<_> =
        symbols.lines().filter_map(|line| line.split_ascii_whitespace().next()).collect();
    exported.sort_unstable();
    if declared.is_empty() || declared != exported {
        return Err(format!("declared {declared:?}\nexported {exported:?}").into());
    }
    Ok(())
}

fn is_there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (has_cc, has_valgrind) = (is_there("cc"), is_there("valgrind"));
    let mut trials = Vec::new();
    for source in sources() {
        let name = source.file_stem().unwrap().to_string_lossy().into_owned();
        for (way, kind) in
            [(Way::Shared, "shared"), (Way::Static, "static"), (Way::Valgrind, "valgrind")]
        {
            let lacks = !has_cc || way == Way::Valgrind && !has_valgrind;
            let source = source.clone();
            let trial = Trial::test(format!("{kind}_{name}"), move || test(&source, way));
            trials.push(trial.with_ignored_flag(lacks));
        }
    }
    let has_nm = is_there("nm");
    trials.push(Trial::test("exports", exports).with_ignored_flag(!has_nm));
    for (program, is_there) in [("cc", has_cc), ("valgrind", has_valgrind), ("nm", has_nm)] {
        if !is_there {
            println!("C programs: SKIPPED, as there is no {program} here");
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
