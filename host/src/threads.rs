//! Detection of systems and processes where rayon has no worker threads.

use crate::{Error, Result};
use rayon::ThreadPoolBuilder;
use std::error::Error as _;
use std::process;
use std::sync::OnceLock;

/// Fails where parallel work cannot start: without its threads rayon would panic, and in a child of
/// `fork`, which has none of its parent's, it would wait for them forever.
pub(crate) fn check() -> Result<()> {
    // In a pool already, which is then at work.
    if rayon::current_thread_index().is_some() {
        return Ok(());
    }
    static POOL: OnceLock<GlobalPool> = OnceLock::new();
    POOL.get_or_init(GlobalPool::start).check()
}

/// Rayon's global pool, which is started once in a process.
struct GlobalPool {
    /// The process whose threads they are.
    process: u32,
    /// The reason why it has no threads.
    refused: Option<String>,
}

impl GlobalPool {
    /// Starts the pool, unless the program has done so.
    fn start() -> Self {
        let process = process::id();
        match ThreadPoolBuilder::new().build_global() {
            Ok(()) => Self { process, refused: None },
            Err(error) => {
                // Without a cause it means that there is one, which the parent may have started.
                let refused = error.source().map(ToString::to_string);
                let lost = refused.is_none() && were_lost();
                Self { process: if lost { 0 } else { process }, refused }
            }
        }
    }

    fn check(&self) -> Result<()> {
        if let Some(reason) = &self.refused {
            return Err(Error::Threads { reason: format!("the system starts none: {reason}") });
        }
        if self.process == process::id() {
            return Ok(());
        }
        Err(Error::Threads {
            reason: "this process was forked from one that had started them, and has none of \
                its parent's: start processes by spawning (in Python multiprocessing's \"spawn\" or \
                \"forkserver\"), or fork before the first use"
                .to_owned(),
        })
    }
}

/// Returns whether this process has fewer threads than the pool, as the pool is its parent's.
#[cfg(target_os = "linux")]
fn were_lost() -> bool {
    let threads = std::fs::read_dir("/proc/self/task").map(Iterator::count);
    // The caller is none of the pool's.
    threads.is_ok_and(|threads| threads <= rayon::current_num_threads())
}

/// Other systems do not tell.
#[cfg(not(target_os = "linux"))]
fn were_lost() -> bool {
    false
}
