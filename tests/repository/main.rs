//! What else is in the repository does what it says: scripts, examples, dependencies.

mod bundle_targets;
mod dependencies;
mod examples;
mod profile_table;
mod run_script;
mod sum_up_tests;
