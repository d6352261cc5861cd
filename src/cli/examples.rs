//! Examples that `--help` shows. A test reads every one of them back, so that none is out of date. What one does stands below
//! it: beside it, neither would fit a narrow terminal.

pub const ALL: &str = "\
Examples:
  sidetone demo
      see what it does, on a session that comes along
  sidetone setup
      five questions and a sound check
  sidetone start --coachee Hannah
      record; both are asked first
  sidetone watch
      in another window: that it hears you both
  sidetone stop
      end, and show the report
  sidetone import talk.m4a --coachee Hannah
      a report of a recording that you have
  sidetone transcript show last
      Hannah reads her words";

pub const COACHEE: &str = "\
Examples:
  sidetone coachee add Hannah
      let Hannah do it: it makes the key to her words
  sidetone coachee add Hannah --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
  sidetone coachee list
  sidetone coachee passphrase Hannah
      a new one
  sidetone coachee recovery-key Hannah
      for whoever has the passphrase
  sidetone coachee remove Hannah
      with everything of hers";

pub const COACH: &str = "\
Examples:
  sidetone coach enrol
      read a text aloud for half a minute
  sidetone coach enrol --from me.wav
  sidetone coach forget";

pub const START: &str = "\
Examples:
  sidetone start --coachee Hannah
  sidetone start --coachee Hannah --stance facilitative --coachee-stance collaborative
  sidetone start --coachee Hannah --input 0+1
      two microphones; `sidetone doctor` lists them
  sidetone start --coachee Hannah --coach-speaks-first";

pub const IMPORT: &str = "\
Examples:
  sidetone import talk.m4a --coachee Hannah
  sidetone import call.wav --coachee Hannah --coach-track 2
      a recording with one person on each channel
  sidetone import talk.vtt --coachee Hannah
      a written transcript
  sidetone import talk.m4a --coachee Hannah --delete-original
      the sound is then nowhere but with Hannah";

pub const RECOVER: &str = "\
Examples:
  sidetone recover
      the first session that was cut off
  sidetone recover last";

pub const SESSIONS: &str = "\
Examples:
  sidetone sessions
  sidetone sessions --receipts
      what was deleted, and when";

pub const REPORT: &str = "\
Examples:
  sidetone report
      the last session
  sidetone report --open
      in the browser
  sidetone report last --html report.html
  sidetone report --next 'wait after I ask'
      one thing to try; the next report opens with it
  sidetone report last --json";

pub const TURNS: &str = "\
Example:
  sidetone turns last --rttm > session.rttm";

pub const TREND: &str = "\
Examples:
  sidetone trend
  sidetone trend --coachee Hannah
  sidetone trend --html trend.html";

pub const OPEN: &str = "\
Example:
  sidetone open last
      Hannah unlocks with her passphrase";

pub const TRANSCRIPT: &str = "\
Examples:
  sidetone transcript show last
  sidetone transcript export last --lines 3-9 --output for-my-coach.md
  sidetone transcript export last --format vtt --output mine.vtt
  sidetone transcript keep last
  sidetone transcript delete last
  sidetone transcript delete last --everything
      the numbers too
  sidetone transcript take last --output mine.age
  sidetone transcript redo last --model small.en
      while the sound is still there";

pub const CODE: &str = "\
Examples:
  sidetone code talk.tsv > coded.tsv
      columns `role` and `text`
  sidetone code talks.tsv --by session --json
      one set of numbers for each value of a column";

pub const MODELS: &str = "\
Examples:
  sidetone models list
  sidetone models fetch base.en
  sidetone models import ggml-base.en.bin
      a file that you brought
  sidetone models verify";

pub const CONFIG: &str = "\
Example:
  sidetone config show
      every setting, its value, and where that came from";

pub const SERVICE: &str = "\
Examples:
  sidetone service install
  sidetone service status
  sidetone service uninstall";

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::super::{Args, parse};

    /// A line as a shell splits it, redirections left out.
    fn split(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        for (i, part) in line.split('\'').enumerate() {
            if i % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words.into_iter().take_while(|word| word != ">").collect()
    }

    fn walk(command: &Command, check: &mut dyn FnMut(&Command)) {
        check(command);
        command.get_subcommands().filter(|sub| !sub.is_hide_set()).for_each(|sub| walk(sub, check));
    }

    #[test]
    fn every_example_is_a_command() {
        let mut seen = 0;
        walk(&Args::command(), &mut |command| {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in
                help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with("sidetone"))
            {
                assert!(parse(split(line).into_iter().map(Into::into)).is_ok(), "{line}");
                assert!(!line.contains("   "), "explained beside it: {line}");
                seen += 1;
            }
        });
        assert!(seen > 60, "{seen}");
    }

    #[test]
    fn a_command_that_takes_something_has_an_example() {
        for command in Args::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let plain = ["daemon", "completions", "privacy", "swap"].contains(&command.get_name());
            let takes = command.get_arguments().any(|argument| !argument.is_global_set()) || command.has_subcommands();
            let inside = command.get_subcommands().any(|sub| sub.get_after_help().is_some());
            assert!(!takes || plain || inside || command.get_after_help().is_some(), "{}", command.get_name());
        }
    }
}
