//! Times by CUDA events, for benches.

use super::batch::GpuBatch;
use super::decoder::GpuDecoder;
use super::failed;
use crate::Result;
use cust::event::{Event, EventFlags};

impl GpuDecoder {
    /// Decodes a batch `runs` times after a warm-up; gives the seconds of each run, launches only.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`].
    pub fn time_decode(&self, batch: &GpuBatch<'_>, runs: usize) -> Result<Vec<f64>> {
        self.time_decode_after(batch, runs, || Ok(()))
    }

    /// As [`GpuDecoder::time_decode`], each run behind what `prepare` begins on the device, which is not timed.
    ///
    /// # Errors
    /// [`crate::Error::Gpu`]; what `prepare` gives.
    pub fn time_decode_after(
        &self,
        batch: &GpuBatch<'_>,
        runs: usize,
        prepare: impl Fn() -> Result<()>,
    ) -> Result<Vec<f64>> {
        self.decode(batch)?;
        self.time(runs, prepare, || self.decode(batch))
    }

    /// Copies `len` bytes on the device `runs` times after a warm-up; gives the bytes read and written a second of
    /// each run: the roofline of everything that only moves memory.
    ///
    /// # Errors
    /// [`crate::Error::OutOfMemory`]; [`crate::Error::Gpu`].
    pub fn copy_bandwidth(&self, len: u64, runs: usize) -> Result<Vec<f64>> {
        let (source, target) = (self.allocate(len)?, self.allocate(len)?);
        source.fill(0x5A)?;
        let copy = || target.begin_copy_from(&source, self.stream().as_cust());
        copy()?;
        let seconds = self.time(runs, || Ok(()), copy)?;
        Ok(seconds.into_iter().map(|seconds| 2.0 * len as f64 / seconds).collect())
    }

    fn time(
        &self,
        runs: usize,
        prepare: impl Fn() -> Result<()>,
        work: impl Fn() -> Result<()>,
    ) -> Result<Vec<f64>> {
        let event = || Event::new(EventFlags::DEFAULT).map_err(failed("create an event"));
        let mut seconds = Vec::new();
        for _ in 0..runs {
            let (start, end) = (event()?, event()?);
            prepare()?;
            start.record(self.stream().as_cust()).map_err(failed("record an event"))?;
            work()?;
            end.record(self.stream().as_cust()).map_err(failed("record an event"))?;
            self.wait()?;
            let milliseconds = end.elapsed_time_f32(&start).map_err(failed("read an event"))?;
            seconds.push(f64::from(milliseconds) / 1e3);
        }
        Ok(seconds)
    }
}
