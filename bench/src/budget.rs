//! The runs and seconds that a measurement may take.

use anyhow::Result;
use std::time::Instant;

/// When a measurement ends.
pub struct Budget {
    pub runs: usize,
    pub seconds: f64,
}

impl Budget {
    /// The seconds of each run of `work`.
    pub fn time(&self, mut work: impl FnMut() -> Result<()>) -> Result<Vec<f64>> {
        let mut seconds = Vec::new();
        let begin = Instant::now();
        loop {
            let start = Instant::now();
            work()?;
            seconds.push(start.elapsed().as_secs_f64());
            if seconds.len() >= self.runs || begin.elapsed().as_secs_f64() >= self.seconds {
                return Ok(seconds);
            }
        }
    }
}
