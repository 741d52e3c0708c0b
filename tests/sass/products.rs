//! What each kernel that multiplies by packed matrices takes on sm_90: registers, and instructions
//! for each weight of a lane, at least.

use crate::row::shortest_way_around;
use std::collections::BTreeMap;
use std::{env, fs};
use support::cuda_tools::nvdisasm::{Function, disassemble};
use support::cuda_tools::ptxas::assemble;
use wcodec_kernels::packed::launch::MultiplyKernel;

const PTX: &str = include_str!(concat!(env!("OUT_DIR"), "/packed_sm_90.ptx"));
const LIMITS: &str = "tests/sass/products.txt";
const HEAD: &str = "# kernel, registers, instructions a weight\n";

/// Registers and instructions a weight, by the name of the kernel.
type Costs = BTreeMap<String, (f64, f64)>;

fn limits_path() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(LIMITS)
}

fn measure() -> Costs {
    let assembled = assemble(PTX, 90);
    let functions = disassemble(&assembled.cubin);
    let cost = |kernel: &MultiplyKernel| {
        let function = functions.iter().find(|function| function.name == kernel.name).unwrap();
        let report = assembled.kernels.iter().find(|report| report.name == kernel.name).unwrap();
        let per_weight = instructions_per_weight(function, kernel.tiles);
        (kernel.name.to_owned(), (f64::from(report.registers), per_weight))
    };
    let products = MultiplyKernel::for_capability(90);
    products.chain(MultiplyKernel::experts_for_capability(90)).map(cost).collect()
}

/// The instructions on the shortest way from a product around to itself, over the weights that a
/// lane multiplies on it: eight by an instruction, once for each tile of x.
fn instructions_per_weight(function: &Function, tiles: u32) -> f64 {
    let code = &function.instructions;
    let products = (0..code.len()).filter(|&place| code[place].is("HMMA"));
    let per_weight = |way: Vec<usize>| {
        let products = way.iter().filter(|&&place| code[place].is("HMMA")).count();
        way.len() as f64 * f64::from(tiles) / (8 * products) as f64
    };
    let least = products.filter_map(|place| shortest_way_around(code, place)).map(per_weight);
    let least = least.min_by(f64::total_cmp);
    least.unwrap_or_else(|| panic!("{}: no loop that multiplies", function.name))
}

fn write(costs: &Costs) -> String {
    let line = |(name, (registers, per_weight)): (&String, &(f64, f64))| {
        format!("{name:<24} {registers:>4} {per_weight:>6.2}\n")
    };
    costs.iter().map(line).fold(HEAD.to_owned(), |text, line| text + &line)
}

fn read(text: &str) -> Costs {
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |field: usize| fields[field].parse().unwrap();
        (fields[0].to_owned(), (number(1), number(2)))
    };
    text.lines().filter(|line| !line.starts_with('#')).map(line).collect()
}

/// What is more than its limit, or so far below it that the limit is of no use.
fn faults(costs: &Costs, limits: &Costs) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, (registers, per_weight)) in costs {
        let Some((most_registers, most)) = limits.get(name) else {
            faults.push(format!("{name}: it has no limit"));
            continue;
        };
        for (what, cost, limit) in
            [("registers", registers, most_registers), ("instructions a weight", per_weight, most)]
        {
            // Limits have two decimals.
            if *cost > limit + 0.005 || *cost < 0.9 * limit {
                faults.push(format!("{name}: {cost} {what}, the limit is {limit}"));
            }
        }
    }
    faults.extend(limits.keys().filter(|name| !costs.contains_key(*name)).cloned());
    faults
}

#[test]
fn products_take_no_more_than_their_limits() {
    let costs = measure();
    let faults = faults(&costs, &read(&fs::read_to_string(limits_path()).unwrap()));
    let costs = write(&costs);
    println!("{costs}");
    assert!(faults.is_empty(), "{}\n{LIMITS} should hold:\n{costs}", faults.join("\n"));
}

#[test]
fn a_product_above_its_limit_is_seen() {
    let costs = |cost| Costs::from([("multiply".to_owned(), cost)]);
    let limits = costs((64.0, 2.5));
    assert_eq!(read(&write(&limits)), limits);
    assert!(faults(&costs((60.0, 2.504)), &limits).is_empty());
    for wrong in [(65.0, 2.5), (64.0, 2.51), (57.0, 2.5), (64.0, 2.2)] {
        assert_eq!(faults(&costs(wrong), &limits).len(), 1, "{wrong:?}");
    }
    assert_eq!(faults(&Costs::new(), &limits).len(), 1);
    assert_eq!(faults(&limits, &Costs::new()).len(), 1);
}

#[test]
#[ignore = "writes the limits, which is done when a change of the kernels was meant to change them"]
fn write_limits_of_products() {
    assert!(env::var_os("WCODEC_WRITE_SASS_LIMITS").is_some(), "WCODEC_WRITE_SASS_LIMITS is unset");
    fs::write(limits_path(), write(&measure())).unwrap();
}
