//! The disassembler: machine code (SASS) as instructions.

use super::{program, scratch};
use serde::Deserialize;
use std::fs;
use std::process::Command;

/// A kernel as the machine runs it.
#[derive(Deserialize)]
pub struct Function {
    #[serde(rename = "function-name")]
    pub name: String,
    #[serde(rename = "sass-instructions")]
    pub instructions: Vec<Instruction>,
}

/// One instruction. Its address is 16 times its place in the function.
#[derive(Deserialize)]
pub struct Instruction {
    /// As in "@!P0"; `None` where it is always executed.
    pub predicate: Option<String>,
    /// As in "LDG.E.64.CONSTANT".
    pub opcode: String,
    /// As in `R38,desc[UR8][R36.64]`.
    #[serde(default)]
    pub operands: String,
}

/// Bytes of an instruction since Volta.
const INSTRUCTION_BYTES: usize = 16;

impl Instruction {
    /// Returns whether the opcode is this one, with whatever modifiers.
    pub fn is(&self, opcode: &str) -> bool {
        self.opcode.split('.').next() == Some(opcode)
    }

    /// The number of the instruction that this one, a branch, goes to.
    pub fn target(&self) -> usize {
        let (_, address) = self.operands.rsplit_once("0x").expect("a branch names its target");
        usize::from_str_radix(address, 16).expect("an address is hexadecimal") / INSTRUCTION_BYTES
    }
}

/// The functions of a cubin, by name.
pub fn disassemble(cubin: &[u8]) -> Vec<Function> {
    let folder = scratch();
    let input = folder.path().join("kernels.cubin");
    fs::write(&input, cubin).unwrap();
    let output = Command::new(program("nvdisasm")).arg("-json").arg(&input).output();
    let output = output.expect("nvdisasm starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "nvdisasm refuses the cubin:\n{errors}");
    let (_, mut functions): (serde_json::Value, Vec<Function>) =
        serde_json::from_slice(&output.stdout).expect("its JSON is a header and functions");
    functions.sort_by(|a, b| a.name.cmp(&b.name));
    functions
}
