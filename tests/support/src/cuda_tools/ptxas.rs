//! The assembler, and its report.

use super::{program, scratch};
use std::process::Command;
use std::{fmt, fs};

/// The assembler's report on one kernel. Sizes are bytes.
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

    /// Returns whether some of the kernel's variables lie in memory instead of registers.
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

/// The assembler's output for some PTX.
pub struct Assembled {
    /// The machine code, an ELF file.
    pub cubin: Vec<u8>,
    /// Its kernels by name.
    pub kernels: Vec<Kernel>,
}

/// Assembles `ptx` for the architecture `target`, and panics with the assembler's errors.
pub fn assemble(ptx: &str, target: u32) -> Assembled {
    let folder = scratch();
    let (input, cubin) = (folder.path().join("kernels.ptx"), folder.path().join("kernels.cubin"));
    fs::write(&input, ptx).unwrap();
    let output = Command::new(program("ptxas"))
        .args(["-v", &format!("-arch=sm_{target}"), "-o"])
        .args([&cubin, &input])
        .output()
        .expect("ptxas starts");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ptxas refuses the PTX for sm_{target}:\n{report}");
    Assembled { cubin: fs::read(cubin).unwrap(), kernels: Kernel::read_all(&report) }
}
