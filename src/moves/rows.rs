//! A written transcript as rows: read, checked, cut into units and coded, for somebody who holds it.

use std::collections::HashMap;

use super::{Code, Coder, clauses, language};
use crate::{session::Role, transcript::Spoken};

/// One line of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// From 0, the header not counted.
    pub number: usize,
    pub role: Role,
    pub text: Spoken,
    /// What the column that was asked for says.
    pub group: String,
}

/// One unit of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct CodedRow {
    pub row: usize,
    /// From 0 within the row.
    pub utterance: usize,
    pub role: Role,
    pub code: Code,
}

/// The rows of one group, coded as one dialogue.
#[derive(Clone, Debug, PartialEq)]
pub struct CodedGroup {
    pub name: String,
    pub rows: Vec<CodedRow>,
    /// The group does not seem to be English: its codes mean nothing.
    pub foreign: bool,
}

/// Why a file is no transcript. Never says any words of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not text in UTF-8")]
    NotText,
    #[error("the header line has no column `{0}`")]
    NoColumn(String),
    #[error("row {0} has neither `coach` nor `coachee` as its role")]
    Role(usize),
    #[error("row {0} has fewer columns than the header")]
    Short(usize),
    #[error("there is a header line and nothing below it")]
    NoRows,
}

impl RowsError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::NoColumn(column) if column != "role" && column != "text" => {
                    "name a column of the header line with `--by`"
                }
                Self::NotText => "save it as UTF-8",
                Self::Short(_) => "a row has as many tab-separated columns as the header; text holds no tab or line break",
                _ => "the file needs a header line with tab-separated columns `role` (coach or coachee) and `text`, then rows",
            }
            .to_owned(),
        )
    }
}

/// Reads a tab-separated transcript: columns `role` and `text`, and `by` to group by; others are ignored. Rows are counted
/// from 0 without the header; blank lines at the end are none.
///
/// # Errors
/// When it is no such file.
pub fn read_rows(bytes: &[u8], by: Option<&str>) -> Result<Vec<Row>, RowsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| RowsError::NotText)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return Err(RowsError::Empty);
    }
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
    let column = |name: &str| {
        header.iter().position(|column| *column == name).ok_or_else(|| RowsError::NoColumn(name.to_owned()))
    };
    let (role, said) = (column("role")?, column("text")?);
    let by = by.map(column).transpose()?;
    let read = |(number, line): (usize, &str)| {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().ok_or(RowsError::Short(number));
        let role = match cell(role)?.trim() {
            "coach" => Role::Coach,
            "coachee" => Role::Coachee,
            _ => return Err(RowsError::Role(number)),
        };
        // Terminals and tokenizers should not meet what is not text.
        let text: String = cell(said)?.chars().map(|each| if each.is_control() { ' ' } else { each }).collect();
        let group = by.map_or(Ok(""), cell)?.to_owned();
        Ok(Row { number, role, text: Spoken::new(text), group })
    };
    let rows = lines.enumerate().map(read).collect::<Result<Vec<Row>, RowsError>>()?;
    if rows.is_empty() { Err(RowsError::NoRows) } else { Ok(rows) }
}

/// Codes rows, each group as a dialogue of its own; groups in the order in which they first occur.
pub fn code_rows(rows: &[Row], coder: &Coder) -> Vec<CodedGroup> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    for row in rows {
        let place = *places.entry(&row.group).or_insert_with(|| {
            groups.push((&row.group, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, members)) = groups.get_mut(place) {
            members.push(row);
        }
    }
    groups.into_iter().map(|(name, members)| code_group(name, &members, coder)).collect()
}

fn code_group(name: &str, rows: &[&Row], coder: &Coder) -> CodedGroup {
    let units: Vec<(&Row, usize, &str)> = rows
        .iter()
        .flat_map(|row| {
            let text = row.text.words();
            let units = clauses(text).into_iter().filter_map(move |unit| text.get(unit)).enumerate();
            units.map(|(utterance, text)| (*row, utterance, text))
        })
        .collect();
    let said: Vec<(Option<Role>, &str)> = units.iter().map(|&(row, _, text)| (Some(row.role), text)).collect();
    let codes = coder.code(&said, &[]);
    CodedGroup {
        name: name.to_owned(),
        foreign: !language::english(said.iter().map(|&(_, text)| text)),
        rows: units
            .iter()
            .zip(codes)
            .map(|(&(row, utterance, _), code)| CodedRow { row: row.number, utterance, role: row.role, code })
            .collect(),
    }
}

impl CodedRow {
    /// The contract's word for what the one who speaks does.
    pub fn move_name(&self) -> &'static str {
        match self.role {
            Role::Coach => self.code.as_coach().name(),
            Role::Coachee => self.code.as_coachee().name(),
        }
    }

    /// Probability of that move.
    pub fn confidence(&self) -> f32 {
        match self.role {
            Role::Coach => self.code.of_coach(self.code.as_coach()),
            Role::Coachee => self.code.of_coachee(self.code.as_coachee()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_transcript() {
        let table: &[(&[u8], Option<&str>, RowsError)] = &[
            (b"", None, RowsError::Empty),
            (b"\n \n", None, RowsError::Empty),
            (b"\xff\xfe", None, RowsError::NotText),
            (b"coach\tHello there\n", None, RowsError::NoColumn("role".into())),
            (b"role\tsaid\ncoach\tHello\n", None, RowsError::NoColumn("text".into())),
            (b"role\ttext\n", None, RowsError::NoRows),
            (b"role\ttext\ncoach\tHello\nteacher\tHi\n", None, RowsError::Role(1)),
            (b"text\trole\nHello\n", None, RowsError::Short(0)),
            (b"role\ttext\ncoach\tHello\n", Some("session"), RowsError::NoColumn("session".into())),
        ];
        for (bytes, by, expected) in table {
            let error = read_rows(bytes, *by).unwrap_err();
            assert_eq!(error, *expected);
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn columns_in_any_order_and_lines_of_any_system() {
        let rows = read_rows(
            "\u{feff}day\ttext\tmore\trole\r\n1\tHello\u{7} you\tx\tcoach\r\n2\t\tx\tcoachee\r\n".as_bytes(),
            Some("day"),
        );
        let rows = rows.unwrap();
        let told: Vec<(usize, Role, &str, &str)> =
            rows.iter().map(|row| (row.number, row.role, row.text.words(), row.group.as_str())).collect();
        assert_eq!(told, [(0, Role::Coach, "Hello  you", "1"), (1, Role::Coachee, "", "2")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_rows_or_an_error(bytes in any::<Vec<u8>>(), text in "role\ttext\n(coach|coachee)\t.{0,40}\n?") {
            let _ = read_rows(&bytes, Some("role"));
            let _ = read_rows(text.as_bytes(), None);
        }
    }
}
