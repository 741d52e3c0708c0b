//! The assembler, and its report.

use std::{
    env, fmt, fs,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// Numbers the runs: tests run at the same time, and two of them assemble the same PTX.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// What the assembler says of one kernel. Sizes are bytes.
#[derive(Default)]
pub struct Kernel {
    pub name: String,
    pub registers: u32,
    pub shared: u32,
    pub stack: u32,
    pub spill_stores: u32,
    pub spill_loads: u32,
}

impl Kernel {
    /// The kernels in what `ptxas -v` prints, by name.
    ///
    /// Functions that kernels call are among them: they have a stack as well.
    pub fn read_all(report: &str) -> Vec<Self> {
        let mut kernels: Vec<Self> = Vec::new();
        for line in report.lines() {
            if let Some((_, name)) = line.split_once("Function properties for ") {
                kernels.push(Self { name: name.trim().to_owned(), ..Self::default() });
            } else if let Some(kernel) = kernels.last_mut() {
                kernel.read_line(line);
            }
        }
        kernels.sort_by(|a, b| a.name.cmp(&b.name));
        kernels
    }

    fn read_line(&mut self, line: &str) {
        let fields: [(&mut u32, &str); 5] = [
            (&mut self.registers, " registers"),
            (&mut self.shared, " bytes smem"),
            (&mut self.stack, " bytes stack frame"),
            (&mut self.spill_stores, " bytes spill stores"),
            (&mut self.spill_loads, " bytes spill loads"),
        ];
        for (field, unit) in fields {
            *field = number_before(line, unit).unwrap_or(*field);
        }
    }

    /// Whether some of the kernel's variables lie in memory instead of registers.
    pub fn uses_local_memory(&self) -> bool {
        self.stack + self.spill_stores + self.spill_loads > 0
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, registers, shared, stack, spill_stores, spill_loads } = self;
        write!(out, "{name:<40} {registers:>3} registers, {shared:>6} B static shared, ")?;
        write!(out, "{stack} B stack, {spill_stores} B spilled, {spill_loads} B reloaded")
    }
}

/// The number that stands before `unit`, as in "Used 40 registers".
fn number_before(line: &str, unit: &str) -> Option<u32> {
    let (before, _) = line.split_once(unit)?;
    before.rsplit([' ', ',', ':']).next()?.parse().ok()
}

/// Assembles `ptx` for the architecture `target`, and panics with the assembler's errors.
pub fn assemble(ptx: &str, target: u32) -> Vec<Kernel> {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ptx");
    fs::create_dir_all(&directory).unwrap();
    let input = directory.join(format!("{}_{}.ptx", process::id(), RUNS.fetch_add(1, Relaxed)));
    let cubin = input.with_extension("cubin");
    fs::write(&input, ptx).unwrap();
    let output = Command::new(program())
        .args(["-v", &format!("-arch=sm_{target}"), "-o"])
        .args([&cubin, &input])
        .output()
        .expect("ptxas starts");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ptxas refuses the PTX for sm_{target}:\n{report}");
    fs::remove_file(input).unwrap();
    fs::remove_file(cubin).unwrap();
    Kernel::read_all(&report)
}

/// The assembler that `scripts/install-ptxas.sh` installs, or the one that `PTXAS` names.
fn program() -> PathBuf {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/ptxas");
    let program = env::var_os("PTXAS").map_or(installed, PathBuf::from);
    assert!(
        program.is_file(),
        "there is no ptxas at {}: run scripts/install-ptxas.sh",
        program.display()
    );
    program
}
