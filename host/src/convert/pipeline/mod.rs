//! The pipeline of tensors from one file to another: several in progress at once, written in order.
//!
//! Tensors are prepared and checked as jobs of the rayon pool, beside each other and beside the one
//! that is being written. No job waits for another: the job that completes the next tensor in order
//! writes it. So it works in a pool of one thread, and called from inside any pool.

mod state;

pub(super) use state::Limits;

use crate::panic::catch_panic;
use crate::{Result, threads};
use rayon::Scope;
use state::State;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes tensors of these lengths through three steps each: `prepare`, on any thread at any time;
/// `write`, one tensor after another in their order; `check`, on any thread again.
///
/// # Errors
/// The error of the first tensor that has one; a panic is one too. No work is left in progress; the
/// tensors before it are finished, and perhaps some after it.
pub(super) fn in_order<P: Send, W: Send>(
    lengths: &[u64],
    limits: Limits,
    prepare: impl Fn(usize) -> Result<P> + Sync,
    write: impl FnMut(usize, P) -> Result<W> + Send,
    check: impl Fn(usize, W) -> Result<()> + Sync,
) -> Result<()> {
    threads::check()?;
    let state = Mutex::new(State::new(lengths, limits, write));
    let pipeline = Pipeline { prepare, check, state };
    rayon::scope(|scope| pipeline.begin(scope));
    pipeline.state.into_inner().unwrap_or_else(PoisonError::into_inner).end()
}

struct Pipeline<'a, P, Prepare, Write, Check> {
    prepare: Prepare,
    check: Check,
    state: Mutex<State<'a, P, Write>>,
}

impl<'scope, 'a, P, W, Prepare, Write, Check> Pipeline<'a, P, Prepare, Write, Check>
where
    P: Send,
    W: Send + 'scope,
    Prepare: Fn(usize) -> Result<P> + Sync,
    Write: FnMut(usize, P) -> Result<W> + Send,
    Check: Fn(usize, W) -> Result<()> + Sync,
{
    fn state(&self) -> MutexGuard<'_, State<'a, P, Write>> {
        // A poisoned lock is no harm: nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts as many tensors as may be in progress.
    fn begin(&'scope self, scope: &Scope<'scope>) {
        let next = || self.state().begin();
        while let Some(index) = next() {
            scope.spawn(move |scope| self.prepare(scope, index));
        }
    }

    fn prepare(&'scope self, scope: &Scope<'scope>, index: usize) {
        let prepared = catch_panic("prepare a tensor", || (self.prepare)(index));
        self.state().prepared(index, prepared);
        self.begin(scope);
        self.write(scope);
    }

    /// Writes every prepared tensor whose turn it is, unless another thread is writing, which then
    /// writes these too.
    fn write(&'scope self, scope: &Scope<'scope>) {
        let turn = || self.state().turn();
        while let Some((index, prepared, mut write)) = turn() {
            let written = catch_panic("write a tensor", || write(index, prepared));
            let written = self.state().written(index, written, write);
            if let Some(written) = written {
                scope.spawn(move |scope| self.check(scope, index, written));
            }
        }
    }

    fn check(&'scope self, scope: &Scope<'scope>, index: usize, written: W) {
        let checked = catch_panic("check a tensor", || (self.check)(index, written));
        self.state().checked(index, checked);
        self.begin(scope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use rayon::ThreadPoolBuilder;
    use rayon::prelude::*;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    const LIMITS: Limits = Limits { preparing: 3, prepared: 2, shared: 100, jobs: 8 };

    fn failed(index: usize) -> Error {
        Error::InvalidArgument(index.to_string())
    }

    /// Takes different times, some of them in jobs of its own, as coding does.
    fn work(index: usize) {
        (0..4).into_par_iter().for_each(|part| {
            std::thread::sleep(Duration::from_micros((index as u64 * 7919 + part) % 37));
        });
    }

    /// In pools of several sizes, from outside and from inside.
    fn everywhere(run: impl Fn() + Sync) {
        run();
        for threads in [1, 2, 5] {
            let pool = ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(&run);
            // All threads of the pool are in one at once.
            pool.install(|| (0..threads).into_par_iter().for_each(|_| run()));
        }
    }

    #[test]
    fn everything_is_done_and_written_in_order() {
        everywhere(|| {
            let lengths = [7; 100];
            let (mut order, checked) = (Vec::new(), AtomicU64::new(0));
            let prepare = |index| {
                work(index);
                Ok(index as u64)
            };
            let write = |index, prepared| {
                order.push((index, prepared));
                Ok(2 * prepared)
            };
            let check = |index, written| {
                work(index);
                assert_eq!(written, 2 * index as u64);
                checked.fetch_add(written, Ordering::Relaxed);
                Ok(())
            };
            in_order(&lengths, LIMITS, prepare, write, check).unwrap();
            assert!(order.into_iter().eq((0..100).map(|index| (index, index as u64))));
            assert_eq!(checked.into_inner(), 99 * 100);
        });
    }

    #[test]
    fn nothing_is_nothing_to_do() {
        let nothing = |_| -> Result<()> { unreachable!() };
        in_order(&[], LIMITS, nothing, |_, ()| Ok(()), |_, ()| Ok(())).unwrap();
    }

    /// The tensors that fail in each step, and the first of all.
    #[test]
    fn the_first_error_in_order_is_returned() {
        for (prepare, write, check, first) in [
            (30, 99, 99, 30),
            (99, 31, 99, 31),
            (99, 99, 32, 32),
            (36, 99, 35, 35),
            (34, 35, 33, 33),
            (33, 34, 35, 33),
            (34, 33, 99, 33),
            (0, 0, 0, 0),
        ] {
            everywhere(|| {
                let fails = |index, at| {
                    work(index);
                    if index < at { Ok(()) } else { Err(failed(index)) }
                };
                let mut written = 0;
                let write = |index, ()| {
                    assert_eq!(index, written);
                    written += 1;
                    fails(index, write)
                };
                let prepare = |index| fails(index, prepare);
                let error = in_order(&[7; 50], LIMITS, prepare, write, |i, ()| fails(i, check));
                assert_eq!(error.unwrap_err().to_string(), first.to_string());
                assert!(written >= first, "not all before it were written");
            });
        }
    }

    #[test]
    fn a_panic_in_any_step_is_an_error() {
        for (at, step) in [(3, "prepare"), (4, "write"), (5, "check")] {
            everywhere(|| {
                let panics = |index, of| {
                    assert!(index != at || step != of, "number {index}");
                    Ok(())
                };
                let error = in_order(
                    &[7; 50],
                    LIMITS,
                    |index| panics(index, "prepare"),
                    |index, ()| panics(index, "write"),
                    |index, ()| panics(index, "check"),
                );
                let error = error.unwrap_err();
                assert_eq!(error.code(), "panicked");
                let text = error.to_string();
                assert!(text.contains(step) && text.contains(&format!("number {at}")), "{text}");
            });
        }
    }

    /// Counts the tensors in memory, and their maximum.
    #[derive(Default)]
    struct Memory {
        now: AtomicU64,
        most: AtomicU64,
    }

    impl Memory {
        fn take(&self, bytes: u64) {
            let now = self.now.fetch_add(bytes, Ordering::SeqCst) + bytes;
            self.most.fetch_max(now, Ordering::SeqCst);
        }

        fn give(&self, bytes: u64) {
            self.now.fetch_sub(bytes, Ordering::SeqCst);
        }
    }

    #[test]
    fn memory_and_jobs_are_limited() {
        let lengths: Vec<u64> = (0..200).map(|index| index * 7919 % 50 + 1).collect();
        everywhere(|| {
            let (memory, jobs) = (Memory::default(), Memory::default());
            let prepare = |index| {
                jobs.take(1);
                memory.take(3 * lengths[index]);
                work(index);
                memory.give(lengths[index]);
                Ok(())
            };
            let check = |index, ()| {
                work(index);
                memory.give(2 * lengths[index]);
                jobs.give(1);
                Ok(())
            };
            in_order(&lengths, LIMITS, prepare, |_, ()| Ok(()), check).unwrap();
            assert_eq!((memory.now.into_inner(), jobs.now.into_inner()), (0, 0));
            let most = memory.most.into_inner();
            assert!((150..=250).contains(&most), "{most}");
            assert!(jobs.most.into_inner() <= 8);
        });
    }

    /// Two tensors wait for each other to start.
    #[test]
    fn tensors_overlap() {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let barrier = std::sync::Barrier::new(2);
        let meet = |_| {
            barrier.wait();
            Ok(())
        };
        pool.install(|| in_order(&[7; 2], LIMITS, meet, |_, ()| Ok(()), |_, ()| Ok(()))).unwrap();
    }
}
