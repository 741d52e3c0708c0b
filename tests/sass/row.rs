//! The instructions that decode one row of a tile, found in a kernel's machine code.

use std::collections::VecDeque;
use support::cuda_tools::nvdisasm::{Function, Instruction};

/// The fewest instructions that a warp issues to decode a row: those on the shortest way from the
/// store of a row around to the store of the next.
///
/// Optional work is not on that way, and not counted: the refill of the ring of words, exceptions,
/// the cut-off end of a row, the loads of planes that may be constant (where the compiler made
/// branches of them), and all predictors but the cheapest. Everything else is, the unused slots of
/// predicated instructions included, as they are issued all the same. Where a way around stores
/// several rows, its length is divided by their number.
pub fn instructions_per_row(function: &Function) -> f64 {
    let code = &function.instructions;
    let stores = (0..code.len()).filter(|&place| stores_row(&code[place]));
    let ways = stores.filter_map(|store| shortest_way_around(code, store));
    let per_row = |way: Vec<usize>| {
        let rows = way.iter().filter(|&&place| stores_row(&code[place])).count();
        way.len() as f64 / rows as f64
    };
    ways.map(per_row)
        .min_by(f64::total_cmp)
        .unwrap_or_else(|| panic!("{}: no loop that stores rows", function.name))
}

/// A row is stored by 16 bytes a lane.
fn stores_row(instruction: &Instruction) -> bool {
    instruction.is("STG") && instruction.opcode.ends_with(".128")
}

/// The places on the shortest way from `start` back to it, breadth first.
pub fn shortest_way_around(code: &[Instruction], start: usize) -> Option<Vec<usize>> {
    let mut came_from = vec![None; code.len()];
    let mut reached = VecDeque::from([start]);
    while came_from[start].is_none() {
        let place = reached.pop_front()?;
        for next in successors(code, place) {
            if came_from[next].is_none() {
                came_from[next] = Some(place);
                reached.push_back(next);
            }
        }
    }
    let mut way = vec![start];
    while let Some(before) = came_from[way[way.len() - 1]].filter(|&before| before != start) {
        way.push(before);
    }
    Some(way)
}

/// The places that control may reach from `place`.
///
/// `BRA.DIV`, which leaves for a warp whose lanes are apart, is taken as never leaving: in these
/// kernels they are together.
fn successors(code: &[Instruction], place: usize) -> Vec<usize> {
    let instruction = &code[place];
    // A branch can have a second condition among its operands.
    let conditional = instruction.predicate.is_some() || instruction.operands.contains(',');
    let branches = instruction.is("BRA") && instruction.opcode != "BRA.DIV";
    let falls_through = conditional || !(branches || instruction.is("EXIT"));
    // A call comes back. It is to a subroutine of the assembler's, such as a division, and what
    // that takes is not counted.
    let unknown = ["BRX", "JMP", "JMX", "RET"].iter().any(|jump| instruction.is(jump));
    assert!(!unknown, "where {} goes is not known here", instruction.opcode);
    let mut successors = Vec::new();
    if branches {
        successors.push(instruction.target());
    }
    if falls_through && place + 1 < code.len() {
        successors.push(place + 1);
    }
    successors
}
