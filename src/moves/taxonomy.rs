//! The lists that coding chooses from. Each entry says what it is, where it comes from, and what it sounds like.
//!
//! Sources: *Manual for the Motivational Interviewing Skill Code*, version 2.5 (Houck, Moyers, Miller, Glynn and Hallgren,
//! 2010), here MISC; *Motivational Interviewing Treatment Integrity Coding Manual* 4.2.1 (Moyers, Manuel and Ernst, 2014),
//! here MITI. Both count one code per utterance, "a complete thought". The coachee's moves are this project's own: the
//! first two are Flanders' (1970), the rest name what instructional coaching is meant to build (perception, reflection,
//! flexibility) and the commitments that MISC counts as change talk.

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$about:meta])* $list:ident { $($(#[$doc:meta])* $variant:ident $name:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $list {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl $list {
            /// In the order in which numbers about them are kept.
            pub const ALL: &[$list] = &[$($list::$variant),*];

            /// The contract's word.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

named! {
    /// What a coach does with an utterance.
    CoachMove {
        /// Asks for something: MISC QUC/QUO, MITI Q. A suggestion in the form of a question is advice.
        /// "What did you notice?", "Did they finish?", "Tell me about the second group."
        Question "question",
        /// Says back, simply or with added meaning, what the coachee said or may have meant: MISC RES/REC, MITI SR/CR.
        /// "So they went quiet.", "It sounds like that worried you."
        Reflection "reflection",
        /// Names something good in what the coachee did or is: MISC AF, MITI AF.
        /// "You planned that really carefully."
        Affirmation "affirmation",
        /// Sympathy, concern, standing by: MISC SU. "That must have been a long day.", "I'm here if you need me."
        Support "support",
        /// Emphasises choice or seeks to decide together: MISC EC and ADP/RCP (asking permission), MITI Emphasise and Seek.
        /// "It's up to you.", "Would it be all right if I shared an idea?"
        Autonomy "autonomy",
        /// Tells facts, opinions, one's own experience: MISC GI, MITI GI.
        /// "Wait time is usually under a second.", "I saw three of them write."
        Information "information",
        /// Suggests, recommends, offers a solution, in any form: MISC ADP/ADW, MITI Persuade.
        /// "You could try cold calling.", "Why don't you give them a minute first?"
        Advice "advice",
        /// Says what to do: MISC DI. "Do it again tomorrow.", "You need to write that down."
        Direction "direction",
        /// Disagrees, criticises, warns, shames: MISC CO (and WA), MITI Confront. A question or remark that challenges the
        /// coachee to think further is none. "You lost them completely.", "That isn't what I asked for."
        Confrontation "confrontation",
        /// Says what happens in the session: MISC ST. "Let's look at the second clip.", "We have ten minutes left."
        Structure "structure",
        /// Shows that one listens, in listed words, without taking the floor: MISC FA. "Mm hm.", "Right."
        Backchannel "backchannel",
    }
}

named! {
    /// What a coachee does with an utterance.
    CoacheeMove {
        /// Answers what was asked, and no more: Flanders' 8. "Yes, they did.", "Year nine."
        Response "response",
        /// Brings up something of one's own, asks, tells on: Flanders' 9. "Can I ask about the seating?"
        Initiation "initiation",
        /// Perception: says what was seen or heard, in the class or in oneself. "I noticed that the back row stopped writing."
        Noticing "noticing",
        /// Reflection: says why, what it means, what one makes of it. "I think they stopped because I had already answered."
        Reasoning "reasoning",
        /// Flexibility: says what else could be or could have been done. "Or I could let them start with a partner."
        Alternatives "alternatives",
        /// Says what one will do: MISC commitment language, Cm and TS. "I'll wait five seconds on Thursday."
        Commitment "commitment",
        /// As the coach's. "Yeah.", "Mm hm."
        Backchannel "backchannel",
    }
}

named! {
    /// How an utterance is put, whatever it does.
    Form {
        /// A question that leaves the answer open: MISC QUO. "How did that go?", "Tell me more about that."
        Open "open",
        /// A question that asks for yes or no, one of a few things, or a fact: MISC QUC. "Did it work?", "How many were there?"
        Closed "closed",
        /// Anything else.
        Statement "statement",
    }
}

named! {
    /// What a question asks the coachee for, in the words of the coachee's own moves.
    Asks {
        /// "What did you see when they began?"
        Noticing "noticing",
        /// "Why do you think that was?"
        Reasoning "reasoning",
        /// "What else could you have done?"
        Alternatives "alternatives",
        /// "Is that the year nine group?"
        Other "other",
    }
}

impl CoachMove {
    /// Telling, in the sense of directiveness: the coach's content takes the place of the coachee's.
    pub fn is_telling(self) -> bool {
        matches!(self, Self::Information | Self::Advice | Self::Direction | Self::Confrontation)
    }

    /// What telling is set against: the moves that leave the content with the coachee.
    pub fn is_eliciting(self) -> bool {
        matches!(self, Self::Question | Self::Reflection | Self::Affirmation | Self::Autonomy)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_stored_as_they_are() {
        let names: HashSet<&str> = CoachMove::ALL.iter().map(|each| each.name()).collect();
        assert_eq!(names.len(), 11);
        assert_eq!(CoacheeMove::ALL.len(), 7);
        for each in CoachMove::ALL {
            assert_eq!(serde_json::to_string(each).unwrap(), format!("\"{}\"", each.name()));
        }
    }

    #[test]
    fn no_move_both_tells_and_elicits() {
        assert!(CoachMove::ALL.iter().all(|each| !(each.is_telling() && each.is_eliciting())));
        assert_eq!(CoachMove::ALL.iter().filter(|each| each.is_telling() || each.is_eliciting()).count(), 8);
    }
}
