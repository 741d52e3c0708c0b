//! Outputs where a file system is mounted. A test's script runs with mounts of its own, which end
//! with it; where this user cannot mount anything, each is ignored, by its name.

#[cfg(target_os = "linux")]
mod linux {
    use libtest_mimic::{Arguments, Trial};
    use std::io;
    use std::path::Path;
    use std::process::{Command, ExitCode, Output};
    use support::safetensors_source::{put, small_model, tree};
    use tempfile::TempDir;

    /// Its name, and the test.
    type Test = (&'static str, fn(&Mounting));

    const TESTS: [Test; 7] = [
        ("a_mount_point_is_filled_and_replaced", a_mount_point_is_filled_and_replaced),
        ("a_bound_folder_is_filled", a_bound_folder_is_filled),
        ("what_a_file_system_keeps_is_no_content", what_a_file_system_keeps_is_no_content),
        ("a_mount_within_a_folder_is_not_replaced", a_mount_within_a_folder_is_not_replaced),
        ("a_full_disk_leaves_nothing", a_full_disk_leaves_nothing),
        ("a_file_that_is_mounted_is_not_replaced", a_file_that_is_mounted_is_not_replaced),
        ("a_folder_is_not_its_own_output", a_folder_is_not_its_own_output),
    ];

    /// The options of `unshare` that give this user mounts of their own: as root, or as root of a
    /// user namespace.
    struct Mounting(&'static [&'static str]);

    impl Mounting {
        fn find() -> Option<Self> {
            [&["-m"][..], &["-r", "-m"]].map(Self).into_iter().find(|mounting| {
                let here = TempDir::new().unwrap();
                let mounted = mounting.run(here.path(), "mkdir a; mount -t tmpfs none a");
                mounted.is_ok_and(|output| output.status.success())
            })
        }

        /// Runs a script in `folder`; `$wcodec` is the tool.
        fn run(&self, folder: &Path, script: &str) -> io::Result<Output> {
            let mut command = Command::new("unshare");
            let script = format!("fails() {{ if \"$@\"; then exit 9; fi }}\n{script}");
            command.args(self.0).args(["sh", "-euc", &script]).current_dir(folder);
            command.env("wcodec", env!("CARGO_BIN_EXE_wcodec"));
            command.output()
        }

        #[track_caller]
        fn done(&self, folder: &Path, script: &str) {
            let output = self.run(folder, script).unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{script}: {said}");
        }
    }

    pub fn main() -> ExitCode {
        let can = Mounting::find().is_some();
        let trials = TESTS.map(|(name, test)| {
            let trial = Trial::test(name, move || {
                test(&Mounting::find().ok_or("this user cannot mount")?);
                Ok(())
            });
            if can {
                trial
            } else {
                trial.with_ignored_flag(true).with_kind("this user cannot mount")
            }
        });
        libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
    }

    /// A folder with the model folder `d`, and the empty folder `out`.
    fn folder() -> TempDir {
        let folder = TempDir::new().unwrap();
        put(folder.path(), "d/model.safetensors", &small_model());
        put(folder.path(), "d/sub/deep/config.json", b"{}");
        std::fs::create_dir(folder.path().join("out")).unwrap();
        folder
    }

    /// Keeps the content of `out`, which is gone with its mount.
    const KEEP: &str = "mountpoint -q out; cp -a out kept";

    #[track_caller]
    fn check_kept(folder: &Path) {
        let contents = |name: &str| {
            let root = folder.join(name);
            let files = tree(&root).into_iter();
            files
                .map(|(path, bytes)| (path.strip_prefix(&root).unwrap().to_owned(), bytes))
                .collect()
        };
        let (kept, expected): (Vec<_>, Vec<_>) = (contents("kept"), contents("d.wcodec"));
        assert!(
            kept == expected && kept.len() == 3,
            "{:?}",
            kept.iter().map(|(path, _)| path).collect::<Vec<_>>()
        );
    }

    fn a_mount_point_is_filled_and_replaced(mounting: &Mounting) {
        let folder = folder();
        let folder = folder.path();
        let script = "$wcodec -q compress d
            mount -t tmpfs none out
            $wcodec -q compress d -o out
            fails $wcodec -q compress d -o out
            $wcodec -q compress d -o out -f
            $wcodec -q verify out
            (cd out; $wcodec -q compress ../d -o . -f)
            $wcodec -q decompress out -o back
            diff -r d back";
        mounting.done(folder, &format!("{script}\n{KEEP}"));
        check_kept(folder);
    }

    fn a_bound_folder_is_filled(mounting: &Mounting) {
        let folder = folder();
        let folder = folder.path();
        let script = "$wcodec -q compress d
            mkdir real
            mount --bind real out
            $wcodec -q compress d -o out
            $wcodec -q compress d -o out -f";
        mounting.done(folder, &format!("{script}\n{KEEP}"));
        check_kept(folder);
        assert!(tree(&folder.join("out")).is_empty());
    }

    fn what_a_file_system_keeps_is_no_content(mounting: &Mounting) {
        let folder = folder();
        let folder = folder.path();
        let script = "$wcodec -q compress d
            mount -t tmpfs none out
            mkdir -m 0700 out/lost+found
            $wcodec -q compress d -o out
            $wcodec -q compress d -o out -f
            rmdir out/lost+found";
        mounting.done(folder, &format!("{script}\n{KEEP}"));
        check_kept(folder);
    }

    fn a_mount_within_a_folder_is_not_replaced(mounting: &Mounting) {
        let folder = folder();
        let script = "$wcodec -q compress d -o out
            mount --bind out/sub out/sub
            fails $wcodec compress d -o out -f 2> said
            grep -q 'out/sub would be lost' said
            rm said";
        let before = support::safetensors_source::names(folder.path());
        mounting.done(folder.path(), script);
        assert_eq!(support::safetensors_source::names(folder.path()), before);
    }

    fn a_full_disk_leaves_nothing(mounting: &Mounting) {
        for (source, target) in
            [("d/model.safetensors", "out/m"), ("d", "out/m"), ("d", "out"), ("d", "out -f")]
        {
            let folder = folder();
            let script = format!(
                "mount -t tmpfs -o size=16k none out
                case '{target}' in *-f) mkdir -p out/sub/deep; echo old > out/sub/deep/config.json;; esac
                find out > before
                fails $wcodec compress {source} -o {target} 2> said
                cat said
                find out | diff before -
                grep 'cannot write out/.*: No space left on device' said"
            );
            mounting.done(folder.path(), &script);
        }
    }

    /// Before the work, as that would be for nothing.
    fn a_file_that_is_mounted_is_not_replaced(mounting: &Mounting) {
        let folder = folder();
        let script = "echo old > real
            touch m
            mount --bind real m
            fails $wcodec -v compress d/model.safetensors -o m -f 2> said
            grep -q 'm: it is a mount point' said
            grep -q old m";
        mounting.done(folder.path(), script);
    }

    /// By two mounts of it, whose paths have nothing in common.
    fn a_folder_is_not_its_own_output(mounting: &Mounting) {
        let folder = folder();
        let folder = folder.path();
        let before = tree(folder);
        for (source, target) in
            [("one", "two"), ("one", "two/new"), ("one", "two/sub"), ("one/sub", "two")]
        {
            let script = format!(
                "mkdir -p one two
                mount --bind d one
                mount --bind d two
                $wcodec compress {source} -o {target} -f --rm"
            );
            let output = mounting.run(folder, &script).unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{target}: {said}");
            assert!(said.contains("choose another") || source == "one/sub", "{target}: {said}");
            assert!(tree(folder) == before, "{target}: {said}");
        }
        let script = "mkdir -p one two
            mount --bind d one
            mount --bind d two
            $wcodec compress one/model.safetensors -o two/model.safetensors -f --rm";
        let output = mounting.run(folder, script).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(tree(folder) == before);
    }
}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

/// Elsewhere mounts are not a program's own.
#[cfg(not(target_os = "linux"))]
fn main() {}
