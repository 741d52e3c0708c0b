//! The limits of each kernel, a line each: name, registers, instructions a row, and instructions a
//! symbol.

use std::collections::BTreeMap;
use std::fmt;
use wcodec_kernels::launch::Kernel;

/// The costs of one kernel, or their limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub registers: u32,
    pub per_row: f64,
}

/// The costs of kernels by name.
#[derive(Debug, PartialEq)]
pub struct Costs(pub BTreeMap<String, Cost>);

/// A cost so much below its limit makes the limit of no use.
const SLACK: f64 = 0.10;

impl Costs {
    /// Reads the lines that `Display` writes.
    pub fn read(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.map(read_line).collect())
    }

    /// The violations of `limits` by these costs, a line each.
    pub fn faults(&self, limits: &Self) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, cost) in &self.0 {
            match limits.0.get(name) {
                None => faults.push(format!("{name}: it has no limit")),
                Some(limit) => faults.extend(cost.faults(name, limit)),
            }
        }
        let gone = limits.0.keys().filter(|name| !self.0.contains_key(*name));
        faults.extend(gone.map(|name| format!("{name}: there is no such kernel")));
        faults
    }
}

impl Cost {
    fn faults(&self, name: &str, limit: &Self) -> Vec<String> {
        let pairs = [
            ("registers", f64::from(self.registers), f64::from(limit.registers)),
            ("instructions a row", self.per_row, limit.per_row),
        ];
        let fault = |(what, cost, limit): (&str, f64, f64)| {
            let verdict = if cost > limit {
                "more than the limit"
            } else if cost < limit * (1.0 - SLACK) {
                "far below the limit"
            } else {
                return None;
            };
            Some(format!("{name}: {cost} {what}, {verdict}, {limit}"))
        };
        pairs.into_iter().filter_map(fault).collect()
    }
}

fn read_line(line: &str) -> (String, Cost) {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [name, registers, per_row, ..] = fields[..] else { panic!("no limits: {line}") };
    let cost = Cost { registers: number(registers), per_row: number(per_row) };
    (name.to_owned(), cost)
}

fn number<N: std::str::FromStr>(text: &str) -> N {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

/// The symbols that a lane decodes of a row, by the name of the kernel; 0 where its codec has none.
pub fn symbols_per_row(name: &str) -> usize {
    let kernel = Kernel::ALL.iter().find(|kernel| kernel.name == name);
    let kernel = kernel.unwrap_or_else(|| panic!("{name} is no kernel"));
    kernel.codec.steps(16 / kernel.element_bytes)
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# {:<20} registers  instructions a row  a symbol", "kernel")?;
        for (name, Cost { registers, per_row }) in &self.0 {
            let symbols = symbols_per_row(name);
            let per_symbol = if symbols == 0 {
                "-".to_owned()
            } else {
                format!("{:.1}", per_row / symbols as f64)
            };
            writeln!(f, "{name:<22} {registers:>9}  {per_row:>18}  {per_symbol:>8}")?;
        }
        Ok(())
    }
}
