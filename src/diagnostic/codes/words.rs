//! What can be wrong with the words of a language (Fluent).

use super::codes;

codes! {
    SYNTAX = "words/syntax", Error,
        "A file that is not Fluent\n\n\
         Nothing of the message at fault can be used, so its owners would get nothing. Mostly a brace is not closed, or a text that \
         goes on in a new line is not indented.\n\n\
         Wrong: `.title = Open { $app`\n\
         Right: `.title = Open { $app }`\n\n\
         https://projectfluent.org/fluent/guide has the language.";
    NO_DEFAULT = "words/no-default", Error,
        "A select without a default branch\n\n\
         Fluent refuses the whole message, because nobody can say what an owner reads when no branch fits.\n\n\
         Wrong: `{ $hasCar -> [yes] your { $car } [no] your car }`\n\
         Right: `{ $hasCar -> [yes] your { $car } *[no] your car }`\n\n\
         The branch with the star serves whatever has no branch of its own. For numbers it is `*[other]`.";
    LANGUAGE = "words/language", Error,
        "A folder or file that belongs to no language\n\n\
         Each language is a folder of `locales/` named by its BCP 47 tag (`de`, `es-419`), with `common.ftl` and one file for each \
         type of errors. Two folders must not mean the same language; `en` must be there.";
    DUPLICATE = "words/duplicate", Error,
        "A message, attribute or term that stands twice\n\n\
         Only one of the two would be used, and nobody could tell which. Delete or rename one; the messages of common.ftl count \
         too.";
    STEPS = "words/steps", Error,
        "Steps that are not numbered 1, 2, 3, or not as many as in English\n\n\
         Attributes `.step-1`, `.step-2`, … are numbered from 1 in order and without a gap, so that no step is lost. Every language \
         has as many of them as English: an owner who is asked for less does not get the car back.";
    MISSING = "words/missing", Warning,
        "A language that lacks words which English has\n\n\
         Its owners get the whole message in the next best language until the words are there. In English and in the default \
         language of an app, which serve when others cannot, it is an error.\n\n\
         Translate what the finding quotes; `dashlight coverage` shows all that is missing.";
    UNKNOWN = "words/unknown", Warning,
        "Words that nothing uses\n\n\
         English has no message, attribute or file of this name, so the templates do not ask for it either. Often it is a slip of the \
         pen, and the words that were meant are missing.\n\n\
         Wrong: `.titel = …`\n\
         Right: `.title = …`";
    REFERENCE = "words/reference", Error,
        "A reference to a message, term or attribute that is not there\n\n\
         The text cannot be said, and its owners get another language. `{ car }` inserts the message `car`, `{ -brand }` the term \
         `-brand`, `{ $car }` the variable. A file sees its own messages and those of common.ftl.";
    CYCLE = "words/cycle", Error,
        "Texts that insert each other in a circle\n\n\
         Such a text has no end, so it cannot be said.\n\n\
         Wrong: `a = see { b }` and `b = see { a }`\n\n\
         Write one of them out.";
    FUNCTION = "words/function", Error,
        "A function that does not exist\n\n\
         Words have no functions: all variables are texts, or `yes` and `no`. Insert the variable as it is: `{ $app }`.";
    ARGUMENTS = "words/arguments", Error,
        "A term that is not given what it asks for\n\n\
         A term sees only the arguments at the place where it is inserted, and leaves a hole for what it is not given.\n\n\
         Wrong: `{ -account(kase: \"dative\") }`\n\
         Right: `{ -account(case: \"dative\") }`";
    UNKNOWN_VARIABLE = "words/unknown-variable", Error,
        "A variable that does not exist\n\n\
         The text cannot be said, and its owners get another language. The variables are listed in the comments of the English \
         files; their names are the same in every language, only what stands around them is translated.\n\n\
         Wrong: `{ $auto }`\n\
         Right: `{ $car }`";
    LOST_VARIABLE = "words/lost-variable", Error,
        "A variable that English shows and the translation has lost\n\n\
         The owner of two cars would not learn which of them is meant, or which app is speaking. It counts what the text shows in the \
         end: also through other messages such as `{ car-object }`, and for each branch alone.\n\n\
         Wrong: `.title = Verbinden Sie Ihr Auto`\n\
         Right: `.title = Verbinden Sie { car-object }`\n\n\
         Where the sentence is better without, say so in the comment above the message, with the attributes that it is about: \
         `# leaves-out: $car .title`. A line `### leaves-out: …` at the head counts for the whole file.";
    HOLE = "words/hole", Error,
        "A variable that is shown even where nothing is known\n\n\
         The car, its maker and the owner's name are not always known. Shown all the same they leave a hole: “Reconnect your ”.\n\n\
         Wrong: `your { $car }`\n\
         Right: `{ $hasCar -> [yes] your { $car } *[no] your car }`\n\n\
         Or insert the message of common.ftl that does this: `{ car-object }`.";
    TERM_VARIABLE = "words/term-variable", Error,
        "A variable within a term\n\n\
         Terms cannot see variables. Fluent leaves a hole there and says nothing.\n\n\
         Wrong: `-car = your { $car }`, inserted as `{ -car }`\n\
         Right: `car = your { $car }`, inserted as `{ car }`";
    UNEXPLAINED = "words/unexplained", Warning,
        "A variable that no comment explains\n\n\
         Translators see only the file. Without a word about it they guess whether `$host` is a person or a web site. Write one line \
         above the messages that use it: `## $host (String) - the web site a button opens, e.g. “connect.smartcar.com”`.";
    BRANCH = "words/branch", Error,
        "A branch that is never chosen\n\n\
         What stands between square brackets is compared letter by letter and never translated. `$hasCar`, `$hasMake` and `$hasName` \
         are `yes` or `no`; no variable is a number.\n\n\
         Wrong: `{ $hasCar -> [ja] Ihr { $car } *[nein] Ihr Auto }`\n\
         Right: `{ $hasCar -> [yes] Ihr { $car } *[no] Ihr Auto }`";
    PLURAL = "words/plural", Warning,
        "Forms of number that the language does not have, or has and lacks here\n\n\
         Each language counts in its own forms: English has `one` and `other`, Polish also `few` and `many`, Japanese only `other`. A \
         missing form gets the default, which then reads wrong; a form that the language does not have is never read. For single numbers write \
         `[0]` or `[1]`.";
    MARKUP = "words/markup", Error,
        "Markup in words\n\n\
         Words go into HTML, plain text and a phone's notification alike, so they hold no tags, no entities and no Markdown. A text \
         with `<` is refused. Write the character itself (a real no-break space for `&nbsp;`); emphasis belongs into the template.";
    ADDRESS = "words/address", Error,
        "An address in words\n\n\
         Links are built, checked and shown by the templates, and only to hosts that are allowed. An address in the words passes by all \
         that, and breaks unseen. Say what the owner does (“Open the link in this email”).";
    PLACEHOLDER = "words/placeholder", Error,
        "A placeholder that nobody fills in\n\n\
         The owner would read it as it stands.\n\n\
         Wrong: `Open $app`, `Open %s`\n\
         Right: `Open { $app }`";
    CONTROL = "words/control", Error,
        "A character that nobody sees\n\n\
         Control characters, zero-width characters and marks that turn the direction of writing come along when text is pasted. They \
         break subjects and searches, and look like an attempt to deceive. Delete it; editors show such characters when asked to.";
    ENCODING = "words/encoding", Error,
        "Letters in a wrong encoding\n\n\
         The file was once read in an encoding that was not its own (“fÃ¼r” for “für”). Save files as UTF-8 and write the letters anew.";
    LITERAL = "words/literal", Warning,
        "A text in quotes within braces\n\n\
         `{ \"text\" }` is the same as `text`, only that neither people nor searches find it. It is needed for a brace, and for `[`, `*` or \
         `.` at the start of a line. A space at the end of a text is lost on owners.";
    ENGLISH = "words/english", Warning,
        "A text that is the same as in English\n\n\
         It was probably copied and forgotten. Where it is right as it is, say so in the comment above the message: `# same-as-english` for \
         all its texts, `# same-as-english: .action` for some.";
    SPACES = "words/spaces", Warning,
        "Spaces where there should be none, or none where there should be one\n\n\
         Two spaces in a row, a space at the end of a line or before a comma: small things that make a message look like a fraud.";
    NO_BREAK = "words/no-break-space", Warning,
        "French without a no-break space\n\n\
         French sets a narrow no-break space (U+202F) before `:`, `;`, `?` and `!` and inside `«` and `»`. With a usual space the sign may stand \
         alone in the next line of a narrow screen. In Canada only `:`, `«` and `»` have it.";
    QUOTES = "words/quotes", Warning,
        "Quotation marks of another language\n\n\
         English has “ ”, German „ “, French « », Norwegian « », Danish and Swedish ” ”, Spanish and Italian « » or “ ”, Latin American \
         Spanish “ ”, Dutch ‘ ’ or “ ”. An apostrophe is ’ in all of them. Straight marks are for programmers.";
    DOTS = "words/dots", Warning,
        "Three dots instead of one ellipsis\n\n\
         `…` is one character. It is never torn apart at the end of a line, and is read aloud as a pause.";
    INVERTED = "words/inverted-marks", Warning,
        "Spanish without its opening mark\n\n\
         A question begins with ¿ where the question itself begins, also in the middle of a sentence.\n\n\
         Wrong: `Necesitas ayuda?`\n\
         Right: `¿Necesitas ayuda?`";
    EXCLAIMS = "words/exclamation", Warning,
        "An exclamation mark\n\n\
         The reader is worried enough, and mails that exclaim are taken for advertising. End the sentence with a full stop.";
    SHOUTS = "words/capitals", Warning,
        "A word in capitals\n\n\
         It shouts, and mail filters take it for spam. Write it in small letters. A name that its owner writes so is allowed by a comment above \
         the message: `# in-capitals: CUPRA`.";
    DIRECTIVE = "words/directive", Warning,
        "A comment for this check that does nothing\n\n\
         `same-as-english`, `leaves-out` and `in-capitals` tell the check that something is meant. One that is misspelt, or that allows nothing \
         which is there, hides what happens next time. Correct or delete it.";
}
