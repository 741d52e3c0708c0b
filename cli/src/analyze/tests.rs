//! The cost of analysing a stranger's file, memory that runs out, and being stopped.

use super::*;
use crate::cost::{Most, at_most, print_to_counter};
use crate::stdout::print_json_to;
use rayon::ThreadPoolBuilder;
use std::path::PathBuf;
use support::failing_allocator::{counting_from, each_fails};
use support::headers::{put_source, sources};
use support::safetensors_source::{file, put, small_model};
use support::stopping::At;
use tempfile::TempDir;
use wcodec::container::{Limits, Shape};
use wcodec::convert::Contents;
use wcodec::encode::Split;
use wcodec::{DeviceChoice, Dtype, Error};

fn open(path: PathBuf) -> Checkpoint<'static> {
    let file = (path, Contents::Safetensors);
    Checkpoint::open(&file, DeviceChoice::Cpu, &Limits::default(), None).unwrap()
}

/// Opens a source, analyses its tensors and prints both forms of the report.
fn report(path: &Path) {
    let (mut sum, encoder) = (Sum::default(), Encoder::new());
    open(path.to_owned()).for_each(|tensor| add(&mut sum, &tensor, &encoder, None)).unwrap();
    let report = sum.finish(path).unwrap();
    for by_tensor in [false, true] {
        assert!(print_to_counter(|out| text::draw(&report, by_tensor, out)) > 0);
    }
    assert!(print_to_counter(|out| print_json_to(out, &report)) > 0);
}

/// Every tensor is of a kind of its own, and all are shown.
#[test]
fn analysing_takes_memory_in_proportion_to_the_header() {
    for source in sources(8000) {
        let (_folder, path) = put_source(&source);
        at_most(Most { held: 4.0, in_all: 10_000.0 }, source.input(), source.what, || {
            report(&path)
        });
    }
}

/// The error of work on tensors as the library has it.
fn of_the_library(result: anyhow::Result<()>) -> wcodec::Result<()> {
    result.map_err(|error| error.downcast().expect("the library's"))
}

/// Runs in one thread, which is the one whose allocations fail, those of fewer bytes left out.
fn alone(smallest: usize, work: impl FnOnce() + Send) {
    let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| counting_from(smallest, work));
}

/// Tensors whose name and shape take far more than what analysing any tensor takes.
#[test]
fn no_memory_for_a_long_tensor_is_an_error() {
    const LONG: usize = 1 << 20;
    let shape = vec!["1"; LONG / 8].join(",");
    let tensor = |number: usize| {
        let (name, end) = ("n".repeat(LONG), number + 1);
        format!(
            r#""{name}{number}":{{"dtype":"U8","shape":[{shape}],"data_offsets":[{number},{end}]}}"#
        )
    };
    let header = format!("{{{},{}}}", tensor(0), tensor(1));
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), "long.safetensors", &file(&header, &[7, 9]));
    alone(LONG, || {
        let analyse = || {
            let file = (path.clone(), Contents::Safetensors);
            let checkpoint = Checkpoint::open(&file, DeviceChoice::Cpu, &Limits::default(), None)?;
            let (mut sum, encoder) = (Sum::default(), Encoder::new());
            of_the_library(add_all(&mut sum, &path, &checkpoint, &encoder, None, &()))?;
            sum.finish(&path).map(drop)
        };
        // Of each tensor at least its name when it is read, its shape as a vector, its record.
        let allocations = each_fails("a source", analyse);
        assert!(allocations >= 6, "only {allocations}");
    });
}

/// The records of many tensors, and their kinds: one each.
#[test]
fn no_memory_for_many_tensors_is_an_error() {
    let (shape, sizes) = (Shape::from([3]), Sizes { weights: 3, ..Sizes::default() });
    let names: Vec<_> = (0..5000).map(|number| format!("t{number}")).collect();
    alone(1 << 10, || {
        let sum_up = || {
            let mut sum = Sum::default();
            for name in &names {
                let (data, stored) = (&[1, 2, 3][..], None);
                let tensor = Tensor { name, dtype: Dtype::U8, shape: &shape, data, stored };
                sum.add(&tensor, Split::Byte, &sizes)?;
            }
            let report = sum.finish(Path::new("many"))?;
            assert_eq!(report.kinds().count(), names.len());
            Ok(())
        };
        // Blocks of records, the records by kind, and the kinds.
        let allocations = each_fails("many tensors", sum_up);
        assert!(allocations >= 4, "only {allocations}");
    });
}

/// Before and after each tensor: what stopped then has added the tensors before that alone.
#[test]
fn an_analysis_can_be_cancelled() {
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), "a.safetensors", &small_model());
    for number in 0..=6 {
        let at = At { number, calls: 0.into() };
        let mut sum = Sum::default();
        let checkpoint = open(path.clone());
        let result =
            of_the_library(add_all(&mut sum, &path, &checkpoint, &Encoder::new(), None, &at));
        match number {
            6 => result.unwrap(),
            _ => assert!(matches!(result, Err(Error::Cancelled)), "call {number}: {result:?}"),
        }
        let analysed = sum.finish(&path).unwrap().tensors().count() as u64;
        assert_eq!(analysed, number.div_ceil(2), "call {number}");
    }
}
