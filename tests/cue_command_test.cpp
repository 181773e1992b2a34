/// `backtake cue` as scripts see it, and its files as other programs read them.
#include "tests/output.hpp"
#include "tests/process.hpp"

#include <gmock/gmock.h>

namespace backtake::tests {
namespace {

using testing::HasSubstr;

class CueCommand : public testing::Test {
protected:
    Ran cue(std::vector<std::string> words)
    {
        words.insert(words.begin(), "cue");
        return backtake(words, folder_);
    }
    void expectOneClearLine(const std::vector<std::string>& words, int exit, const std::string& says)
    {
        const Ran ran = cue(words);
        EXPECT_EQ(ran.exit, exit) << ran.err;
        EXPECT_TRUE(ran.err.starts_with("backtake: ")) << ran.err;
        EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
        EXPECT_THAT(ran.err, HasSubstr(says));
        EXPECT_EQ(ran.out, "");
    }
    void write(const std::string& name, const std::string& text)
    {
        std::ofstream(folder_ / name, std::ios::binary) << text;
    }
    [[nodiscard]] std::string pdfText(const std::string& pdf) const
    {
        return outputOf("pdftotext -layout '" + folder_ / pdf + "' -");
    }
    [[nodiscard]] std::string pdfPaper(const std::string& pdf) const
    {
        return outputOf("pdfinfo '" + folder_ / pdf + "'");
    }
    Folder folder_;
};

TEST_F(CueCommand, ReportsTheLinesFromTheLastToTheFirst)
{
    const Ran ran = cue({ "Time flies. Go home!", "--lang", "en-us", "--json" });
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const auto report = ran.json();
    ASSERT_EQ(report["lines"].size(), 2u);
    EXPECT_EQ(report["lines"][0]["text"], "Go home!");
    EXPECT_EQ(report["lines"][1]["text"], "Time flies.");
    EXPECT_EQ(report["lines"][0]["begins_s"], 0.0);
    // Before its first sound the voice makes a short pause.
    EXPECT_NEAR(report["lines"][1]["ends_s"].get<double>(), report["duration_s"].get<double>(), 0.1);
    EXPECT_EQ(report["lines"][1]["phones"][0]["ipa"], "z");
    EXPECT_EQ(report["language"], "en-us");
}

TEST_F(CueCommand, WordsForPeopleGoToStdout)
{
    const Ran ran = cue({ "Time", "--lang", "english_(america)" });
    EXPECT_EQ(ran.exit, 2) << "names are as they are listed";
    const Ran good = cue({ "Time", "--lang", "English (America)" });
    EXPECT_EQ(good.exit, 0) << good.err;
    EXPECT_THAT(good.out, HasSubstr("MEEAH(h)T"));
    EXPECT_THAT(good.out, HasSubstr("ˈmɪ̯aʰt"));
}

TEST_F(CueCommand, ASheetIsKeptWithTheShootAndCanBePrintedAsEdited)
{
    const Ran made = cue({ "Time", "--lang", "en-us", "--title", "Scene 12A", "--shoot", folder_ / "shoot",
        "--name", "12A", "--json" });
    ASSERT_EQ(made.exit, 0) << made.err;
    const std::string path = folder_ / "shoot/cues/12A.json";
    EXPECT_EQ(made.json()["files"]["sheet"], path);
    std::string sheet = readAll(path);
    const auto at = sheet.find("MEEAH(h)T");
    ASSERT_NE(at, std::string::npos);
    write("edited.json", sheet.replace(at, 9, "mee-AHT!"));
    ASSERT_EQ(cue({ "--sheet", folder_ / "edited.json", "--pdf", folder_ / "a.pdf" }).exit, 0);
    const std::string text = pdfText("a.pdf");
    EXPECT_THAT(text, HasSubstr("mee-AHT!"));
    EXPECT_THAT(text, HasSubstr("Scene 12A"));
}

TEST_F(CueCommand, ThePagesHaveAllTextTimesAndNumbers)
{
    std::string lyrics;
    for (int verse = 1; verse <= 40; ++verse)
        lyrics += "Winter comes again\n";
    write("lyrics.txt", "\xEF\xBB\xBF" + lyrics);
    const Ran ran =
        cue({ "--file", folder_ / "lyrics.txt", "--lang", "en-us", "--pdf", folder_ / "a.pdf", "--json" });
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const int pages = ran.json()["files"]["pages"].get<int>();
    EXPECT_GE(pages, 3);
    const std::string text = pdfText("a.pdf");
    std::size_t lines = 0;
    for (std::size_t at = text.find("Winter comes again"); at != std::string::npos;
         at = text.find("Winter comes again", at + 1))
        ++lines;
    EXPECT_EQ(lines, 40u + 1 + static_cast<std::size_t>(pages))
        << "each line, the title, the foot of each page";
    EXPECT_THAT(text, HasSubstr("0:00.00 – "));
    EXPECT_THAT(pdfPaper("a.pdf"), HasSubstr("A4"));
    EXPECT_THAT(outputOf("pdffonts '" + folder_ / "a.pdf" + "'"), HasSubstr("+Inter-Bold"));
    ASSERT_EQ(cue({ "Time", "--pdf", folder_ / "b.pdf", "--paper", "letter" }).exit, 0);
    EXPECT_THAT(pdfPaper("b.pdf"), HasSubstr("letter"));
}

TEST_F(CueCommand, OtherScriptsArePrinted)
{
    for (const auto& [language, line] : { std::pair { "ru", "Привет мир" },
             std::pair { "el", "Καλημέρα κόσμε" }, std::pair { "ar", "مرحبا" } }) {
        ASSERT_EQ(cue({ line, "--lang", language, "--pdf", folder_ / "a.pdf" }).exit, 0) << language;
        EXPECT_GT(std::filesystem::file_size(folder_ / "a.pdf"), 5000u);
        // pdftotext orders words that run from right to left in its own way.
        if (std::string(language) != "ar") {
            EXPECT_THAT(pdfText("a.pdf"), HasSubstr(line));
        }
    }
}

TEST_F(CueCommand, TheSoundIsAWaveFileOfItsLength)
{
    const Ran ran = cue({ "Time flies", "--lang", "en-us", "--wav", folder_ / "a.wav", "--json" });
    ASSERT_EQ(ran.exit, 0) << ran.err;
    const std::string said = outputOf(
        "ffprobe -v error -show_entries stream=codec_name,sample_rate,channels,duration -of default=nw=1 '"
        + folder_ / "a.wav" + "'");
    EXPECT_THAT(said, HasSubstr("codec_name=pcm_s16le"));
    EXPECT_THAT(said, HasSubstr("sample_rate=22050"));
    EXPECT_THAT(said, HasSubstr("channels=1"));
    const double seconds = std::stod(said.substr(said.find("duration=") + 9));
    EXPECT_NEAR(ran.json()["files"]["wav_s"].get<double>(), seconds, 0.001);
    EXPECT_GT(seconds, 0.5);
}

TEST_F(CueCommand, TenThousandWordsAreOnePlainReport)
{
    std::string text;
    for (int word = 0; word < 10'000; ++word)
        text += word % 12 == 11 ? "river\n" : "river ";
    write("long.txt", text);
    const Ran ran = cue({ "--file", folder_ / "long.txt", "--json" });
    ASSERT_EQ(ran.exit, 0) << ran.err;
    EXPECT_GE(ran.json()["lines"].size(), 10'000u / 12);
}

TEST_F(CueCommand, WrongWordsAreOneClearLine)
{
    expectOneClearLine({}, 2, "TEXT, --file FILE and --sheet FILE");
    expectOneClearLine({ "a", "--file", "b" }, 2, "give one of");
    expectOneClearLine({ "" }, 2, "nothing to say");
    expectOneClearLine({ "😀" }, 2, "nothing to say");
    expectOneClearLine({ "caf\xE9" }, 2, "UTF-8");
    expectOneClearLine({ "hello", "--lang", "germann" }, 2, "de (German)");
    expectOneClearLine({ "hello", "--paper", "A9" }, 2, "--paper");
    expectOneClearLine({ "hello", "--shoot", folder_ / "s" }, 2, "--name");
    expectOneClearLine({ "hello", "--shoot", folder_ / "s", "--name", "../x" }, 2, "no name for a cue sheet");
    expectOneClearLine({ "日本", "--lang", "ja" }, 1, "kana");
    expectOneClearLine({ "--file", folder_ / "none.txt" }, 1, "none.txt");
    expectOneClearLine({ "hello", "--pdf", folder_ / "none/a.pdf" }, 1, "none/a.pdf");
    expectOneClearLine({ "hello", "--wav", folder_ / "none/a.wav" }, 1, "none/a.wav");
    write("bad.json", "{}");
    expectOneClearLine({ "--sheet", folder_ / "bad.json" }, 1, "cue sheet");
    write("large.txt", std::string(200'000, 'a'));
    expectOneClearLine({ "--file", folder_ / "large.txt" }, 2, "a cue sheet takes 131072");
    EXPECT_TRUE(std::filesystem::is_empty(folder_.path()) || !std::filesystem::exists(folder_ / "s"))
        << "nothing is left";
}

TEST_F(CueCommand, AFullDiskLeavesNoHalfFile)
{
    // A limit on the size of files stands in for the disk.
    const Ran ran = run({ "bash", "-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash", BACKTAKE_PROGRAM,
                            "cue", "Time flies and never comes back", "--wav", folder_ / "a.wav" },
        folder_);
    EXPECT_EQ(ran.exit, 1) << ran.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a.wav"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a.wav.new"));
}

} // namespace
} // namespace backtake::tests
