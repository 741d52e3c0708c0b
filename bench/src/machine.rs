//! The machine that the figures are of.

use super::devices::Devices;
use serde::Serialize;
use std::fs;

/// Its description.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub cpu: String,
    pub cores: usize,
    /// Threads that the CPU's contenders use.
    pub threads: usize,
    /// The GPU, or why it is not used.
    pub gpu: String,
}

impl Machine {
    /// This one.
    pub fn this(devices: &Devices) -> Self {
        Self {
            cpu: cpu_model(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            threads: rayon::current_num_threads(),
            gpu: match &devices.gpu {
                Ok(gpu) => gpu.name().to_owned(),
                Err(reason) => reason.clone(),
            },
        }
    }
}

/// The CPU's name from Linux's description of it; the architecture where there is none.
fn cpu_model(description: &str) -> String {
    let mut lines = description.lines().filter_map(|line| line.split_once(':'));
    let name = lines.find(|(key, _)| key.trim() == "model name");
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_is_named_or_its_architecture() {
        let description = "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t: a b\n";
        assert_eq!(cpu_model(description), "Some CPU @ 2 GHz");
        assert_eq!(cpu_model("processor\t: 0\n"), std::env::consts::ARCH);
    }
}
