//! The commands in README.md and CONTRIBUTING.md work. (rustdoc tests the Rust of README.md.)

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::Path;
use std::process::Command;
use std::{env, fs};
use tempfile::TempDir;

const README: &str = include_str!("../../README.md");
const CONTRIBUTING: &str = include_str!("../../CONTRIBUTING.md");
const RESULTS: &str = include_str!("../../benches/RESULTS.md");
const ARCHITECTURE: &str = include_str!("../../docs/architecture.md");
const MAKEFILE: &str = include_str!("../../Makefile");

/// The blocks of a document that are marked as `language`.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while lines.any(|line| line == format!("```{language}")) {
        let block = lines.by_ref().take_while(|&line| line != "```");
        blocks.push(block.collect::<Vec<_>>().join("\n"));
    }
    blocks
}

/// A small model of one matrix, whose bytes are neither constant nor uniform.
fn write_model(path: &Path) {
    let data: Vec<u8> = (0..64u32 * 512).map(|i| (i * i % 23 + i % 7) as u8).collect();
    let matrix = TensorView::new(Dtype::I8, vec![64, 512], &data).unwrap();
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    safetensors::serialize_to_file([("layer.weight", matrix)], Some(metadata), path).unwrap();
}

/// A folder with what the README's commands find: a model file, one made from it, and a model folder.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    write_model(&folder.path().join("model.safetensors"));
    let mut fine = fs::read(folder.path().join("model.safetensors")).unwrap();
    fine.last_mut().map(|byte| *byte += 1).unwrap();
    fs::write(folder.path().join("fine.safetensors"), fine).unwrap();
    let model = folder.path().join("my-model");
    fs::create_dir(&model).unwrap();
    write_model(&model.join("model.safetensors"));
    fs::write(model.join("config.json"), "{}").unwrap();
    folder
}

#[test]
fn shell_examples_run() {
    let program = Path::new(env!("CARGO_BIN_EXE_wcodec")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let path =
        env::join_paths([program.into()].into_iter().chain(env::split_paths(&path))).unwrap();
    let scripts = blocks(README, "sh");
    assert!(!scripts.is_empty(), "the README has no shell examples");
    // One after another in one folder, as a reader would.
    let folder = folder();
    for script in scripts {
        let shell = Command::new("sh")
            .args(["-eux", "-c", &script])
            .env("PATH", &path)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(shell.status.success(), "{script}\n{}", String::from_utf8_lossy(&shell.stderr));
    }
    let [there, back] = ["my-model", "my-model-restored"]
        .map(|name| fs::read(folder.path().join(name).join("model.safetensors")).unwrap());
    assert!(there == back);
    let [there, back] = ["fine", "fine-restored"]
        .map(|name| fs::read(folder.path().join(name).with_extension("safetensors")).unwrap());
    assert!(there == back);
}

#[test]
fn commands_for_the_repository_exist() {
    let commands =
        [README, CONTRIBUTING].map(|document| blocks(document, "console").join("\n")).join("\n");
    let run_script = include_str!("../../scripts/gpu-bundle/run.sh");
    let mut seen = 0;
    for command in commands.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let mut words = command.split_whitespace();
        let (program, argument) = (words.next().unwrap(), words.next().unwrap_or_default());
        match program {
            "make" => assert!(MAKEFILE.contains(&format!("\n{argument}:")), "{command}"),
            "./run.sh" => assert!(run_script.contains(&format!("\n{argument})\n")), "{command}"),
            _ => panic!("a document has a command that nothing tests: {command}"),
        }
        seen += 1;
    }
    assert!(seen > 0, "the documents have no commands for the repository");
}

#[test]
fn files_that_are_linked_exist() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let documents = [
        (README, root),
        (CONTRIBUTING, root),
        (ARCHITECTURE, &root.join("docs")),
        (RESULTS, &root.join("benches")),
    ];
    for (document, folder) in documents {
        let links = document.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        let inline = links.map(|(link, _)| link);
        let defined = document.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
        let links = inline.chain(defined.map(|(_, link)| link));
        for link in links.filter(|link| !link.starts_with("https://")) {
            assert!(folder.join(link).exists(), "a link to {link}, which is not there");
        }
    }
}
