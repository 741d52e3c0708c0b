//! The program is killed, or told to stop, at any time: the target is the old file, absent, or
//! complete.

use crate::program::{DONE, wcodec};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};
use support::safetensors_source::{file_of, names, put};
use support::{Random, heeding_signals, number};
use tempfile::TempDir;
use wcodec::programs::is_leftover;

const KILL: &str = "KILL";
const INT: &str = "INT";
const TERM: &str = "TERM";

/// A model that takes long enough to be interrupted.
fn model() -> Vec<u8> {
    let names: Vec<_> = (0..24).map(|index| format!("layer.{index}")).collect();
    let tensors: Vec<_> =
        names.iter().map(|name| (name.as_str(), "I8", "[512,512]", 1 << 18)).collect();
    file_of(&tensors, None)
}

/// A conversion from `source` to `target`, its result, and its duration.
struct Conversion {
    folder: TempDir,
    arguments: [&'static str; 7],
    target: &'static str,
    whole: Vec<u8>,
    takes: Duration,
}

impl Conversion {
    fn new(command: &'static str) -> Self {
        let folder = TempDir::new().unwrap();
        put(folder.path(), "m.safetensors", &model());
        let compress = wcodec(folder.path(), &["-q", "compress", "m.safetensors"]).status();
        assert_eq!(compress.unwrap().code(), Some(DONE));
        let (source, target) = match command {
            "compress" => ("m.safetensors", "out.wcodec"),
            _ => ("m.wcodec", "out.safetensors"),
        };
        let arguments = ["-q", command, "--device=cpu", "-f", "-o", target, source];
        let start = Instant::now();
        assert_eq!(wcodec(folder.path(), &arguments).status().unwrap().code(), Some(DONE));
        let whole = fs::read(folder.path().join(target)).unwrap();
        Self { arguments, target, whole, takes: start.elapsed(), folder }
    }

    /// Runs it and sends the signal after a part of the time that it takes; says whether that was
    /// before its end.
    fn stop(&self, signal: &str, random: &mut Random) -> bool {
        let old = (random.below(2) == 0).then(|| b"old".to_vec());
        let target = self.folder.path().join(self.target);
        let _ = fs::remove_file(&target);
        if let Some(old) = &old {
            fs::write(&target, old).unwrap();
        }
        let mut command = heeding_signals(env!("CARGO_BIN_EXE_wcodec"));
        let mut run = command.args(self.arguments).current_dir(&self.folder).spawn().unwrap();
        std::thread::sleep(self.takes.mul_f64(1.1 * random.unit()));
        let kill = Command::new("kill").args(["-s", signal, &run.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let status = run.wait().unwrap();
        let found = fs::read(&target).ok();
        let whole = found.as_deref() == Some(&self.whole);
        assert!(whole || found == old, "{signal}: neither old, absent nor complete: {status}");
        assert!(whole || status.code() != Some(DONE), "{signal}: it said that it was done");
        self.check_rest(signal);
        status.code() != Some(DONE)
    }

    /// Only a process that is killed outright leaves a temporary file, whose name marks it as one.
    fn check_rest(&self, signal: &str) {
        let known = ["m.safetensors", "m.wcodec", self.target];
        for name in names(self.folder.path()) {
            let prefix = format!(".{}.", self.target);
            let temporary = name.starts_with(&prefix) && is_leftover(name.as_ref());
            assert!(
                known.contains(&name.as_str()) || temporary && signal == KILL,
                "{signal}: {name}"
            );
            if temporary {
                self.check_private(&name);
                fs::remove_file(self.folder.path().join(&name)).unwrap();
            }
        }
    }
    /// Until it is complete no other user may read it, whatever the source's permissions are.
    fn check_private(&self, name: &str) {
        let mode = |name: &str| {
            let metadata = fs::metadata(self.folder.path().join(name)).unwrap();
            metadata.permissions().mode() & 0o777
        };
        // Killed between the change of mode and the rename it has the source's.
        assert!([0o600, mode("m.safetensors")].contains(&mode(name)), "{:o}", mode(name));
    }
}

fn check(command: &'static str) {
    let conversion = Conversion::new(command);
    let mut random = Random::new(number("WCODEC_SEED", 20_261_125));
    let each = number("WCODEC_KILLS", 50);
    for signal in [KILL, INT, TERM] {
        let stopped = (0..each).filter(|_| conversion.stop(signal, &mut random)).count();
        assert!(stopped > 0, "{signal}: all of {each} came after the end");
    }
}

#[test]
fn while_compressing() {
    check("compress");
}

#[test]
fn while_decompressing() {
    check("decompress");
}
