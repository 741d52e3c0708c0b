//! Many readers and one who replaces the file: each opening sees the old archive or the new one,
//! never both.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, fs};
use support::cpu;
use support::safetensors_source::{file_of, put};
use tempfile::TempDir;
use wcodec::Archive;
use wcodec::convert::{CompressOptions, compress_file};

const PROCESSES: usize = 4;
const THREADS: usize = 16;
const OPENINGS: usize = 100;
/// The number of replacements while readers go on; then a file with this ending tells them to stop.
const REPLACEMENTS: usize = 20;
const STOP: &str = "stop";
const PATH: &str = "WCODEC_SHARED_ARCHIVE";

/// A model of `count` tensors, from whose every tensor that number can be told.
fn model(count: usize) -> Vec<u8> {
    let shape = format!("[{count},300]");
    let names: Vec<_> = (0..count).map(|index| format!("t{index}")).collect();
    let tensors: Vec<_> =
        names.iter().map(|name| (name.as_str(), "U8", shape.as_str(), 300 * count)).collect();
    file_of(&tensors, None)
}

/// Opens the archive and decodes all of it; every part must be of one model.
fn read(path: &Path) {
    let archive = Archive::open(path).unwrap();
    let count = archive.tensors().len();
    assert!(count == 3 || count == 8, "{count} tensors");
    for tensor in archive.decode_all(&cpu()) {
        let (info, data) = tensor.unwrap();
        assert_eq!(info.shape().iter().next().unwrap(), count as u64);
        assert_eq!(data.len(), 300 * count);
    }
}

#[test]
#[ignore = "a part of readers_see_one_archive_or_the_other, which runs it in processes of its own"]
fn reader() {
    let path = env::var_os(PATH).expect("the other test gives it");
    let stop = Path::new(&path).with_extension(STOP);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let goes_on = |opened: &usize| *opened < OPENINGS || !stop.exists();
                (0..).take_while(goes_on).for_each(|_| read(Path::new(&path)));
            });
        }
    });
}

fn spawn_reader(path: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["sharing::reader", "--exact", "--ignored"]).env(PATH, path);
    // Its own report is none of this run's.
    command.stdout(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn readers_see_one_archive_or_the_other() {
    let folder = TempDir::new().unwrap();
    let sources = [3, 8].map(|count| put(folder.path(), &format!("{count}"), &model(count)));
    let target = folder.path().join("shared.wcodec");
    let options = CompressOptions::new().overwrite(true);
    let replace = |source| compress_file(source, &target, &options, &()).map(drop).unwrap();
    replace(&sources[0]);
    let mut readers: Vec<Child> = (0..PROCESSES).map(|_| spawn_reader(&target)).collect();
    let mut replaced = 0;
    while readers.iter_mut().any(|reader| reader.try_wait().unwrap().is_none()) {
        replaced += 1;
        replace(&sources[replaced % 2]);
        if replaced == REPLACEMENTS {
            fs::write(target.with_extension(STOP), "").unwrap();
        }
    }
    for mut reader in readers {
        assert!(reader.wait().unwrap().success());
    }
    assert!(replaced >= REPLACEMENTS);
}
