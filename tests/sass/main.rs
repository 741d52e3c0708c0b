//! The costs of each kernel on sm_90: registers, and instructions for each row and symbol.
//!
//! Both are counted in the machine code, so that a change that makes decoding slower shows without
//! a GPU. `sass/limits.txt` holds the most that each kernel may take. After a change that was
//! meant, write it anew, and look at the difference:
//!
//! `WCODEC_WRITE_SASS_LIMITS=1 cargo test --test sass write_limits -- --ignored`

mod limits;
mod products;
mod row;

use limits::{Cost, Costs, symbols_per_row};
use row::instructions_per_row;
use std::path::Path;
use std::{env, fs};
use support::cuda_tools::nvdisasm::{Function, Instruction, disassemble};
use support::cuda_tools::ptxas::assemble;
use wcodec_kernels::launch::Kernel;

/// The PTX that such a GPU runs.
const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/kernels_sm_80.ptx"));
const LIMITS: &str = "tests/sass/limits.txt";

fn limits_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(LIMITS)
}

fn measure() -> Costs {
    let assembled = assemble(PTX, 90);
    let functions = disassemble(&assembled.cubin);
    assert_eq!(functions.len(), assembled.kernels.len());
    // What else there is restores rows, or adds differences: no loop over rows of a tile.
    let is_known = |name: &str| Kernel::ALL.iter().any(|kernel| kernel.name == name);
    let decodes = |(function, _): &(&Function, _)| is_known(&function.name);
    let cost = |(function, kernel): (&Function, &support::cuda_tools::ptxas::Kernel)| {
        assert_eq!(function.name, kernel.name);
        let per_row = instructions_per_row(function);
        // A look-up and a vote a symbol: with less, this would not be the loop that decodes.
        assert!(per_row > (2 * symbols_per_row(&kernel.name)) as f64, "{}", kernel.name);
        (kernel.name.clone(), Cost { registers: kernel.registers, per_row })
    };
    Costs(functions.iter().zip(&assembled.kernels).filter(decodes).map(cost).collect())
}

#[test]
fn kernels_take_no_more_than_their_limits() {
    let costs = measure();
    println!("{costs}");
    let faults = costs.faults(&Costs::read(&fs::read_to_string(limits_path()).unwrap()));
    assert!(
        faults.is_empty(),
        "{}\nIf that is meant, {LIMITS} should hold (tests/sass/main.rs says how to write it):\n{costs}",
        faults.join("\n")
    );
}

/// `ptxas` 13.0 was seen to give such an instruction the predicate of another, so that exceptions
/// were lost.
#[test]
fn no_reduction_is_conditional() {
    let functions = disassemble(&assemble(PTX, 90).cubin);
    let reductions = |function: &Function| {
        let all = function.instructions.iter().filter(|instruction| instruction.is("REDUX"));
        all.filter(|instruction| instruction.opcode != "REDUX.MIN")
            .inspect(|redux| assert_eq!(redux.predicate, None, "{}", function.name))
            .count()
    };
    assert!(functions.iter().map(reductions).sum::<usize>() > functions.len());
}

#[test]
#[ignore = "writes the limits, which is done when a change of the kernels was meant to change them"]
fn write_limits() {
    assert!(env::var_os("WCODEC_WRITE_SASS_LIMITS").is_some(), "WCODEC_WRITE_SASS_LIMITS is unset");
    fs::write(limits_path(), measure().to_string()).unwrap();
}

/// A loop with a detour, an exit from it, and a branch for lanes that are apart.
#[test]
fn the_shortest_way_around_is_counted() {
    let instruction = |text: &str| {
        let (predicate, text) = match text.split_once(' ') {
            Some((predicate, rest)) if predicate.starts_with('@') => (Some(predicate), rest),
            _ => (None, text),
        };
        let (opcode, operands) = text.split_once(' ').unwrap_or((text, ""));
        Instruction {
            predicate: predicate.map(str::to_owned),
            opcode: opcode.to_owned(),
            operands: operands.to_owned(),
        }
    };
    let function = |code: &[&str]| Function {
        name: "nib_1".to_owned(),
        instructions: code.iter().map(|text| instruction(text)).collect(),
    };
    let code = [
        "MOV R1,RZ",            // 0x00
        "LDS R2,[R1]",          // 0x10: the loop
        "@P0 BRA 0x60",         // 0x20: past the refill
        "BRA.DIV UR4,0xb0",     // 0x30
        "LDGSTS.E [R1],[R2]",   // 0x40
        "DEPBAR.LE SB0,0x2",    // 0x50
        "@!P1 VOTE.ANY R3,PT",  // 0x60
        "STG.E.EF.128 [R4],R8", // 0x70
        "@P3 BRA 0x10",         // 0x80
        "BRA P2,0x10",          // 0x90
        "EXIT",                 // 0xa0
        "BRA 0x70",             // 0xb0: lanes that are apart
    ];
    assert_eq!(instructions_per_row(&function(&code)), 5.0);
    let two_rows = ["STG.E.128 [R4],R8", "IADD3 R4,R4,R5", "STG.E.128 [R4],R8", "@P0 BRA 0x0"];
    assert_eq!(instructions_per_row(&function(&two_rows)), 2.0);
}

#[test]
fn limits_are_read_as_they_are_written_and_kept() {
    let cost = |registers, per_row| Cost { registers, per_row };
    let costs = |cost| Costs([("nib_1".to_owned(), cost)].into());
    let limits = costs(cost(40, 160.5));
    assert_eq!(Costs::read(&limits.to_string()), limits);
    assert!(limits.to_string().contains("20.1"), "{limits}");
    assert!(costs(cost(36, 145.0)).faults(&limits).is_empty());
    for wrong in [cost(41, 160.0), cost(40, 161.0), cost(35, 160.0), cost(40, 144.0)] {
        assert_eq!(costs(wrong).faults(&limits).len(), 1, "{wrong:?}");
    }
    let other = Costs([("pair_2".to_owned(), cost(40, 100.0))].into());
    assert_eq!(other.faults(&limits).len(), 2);
}
