#include "guide/cue_edit.hpp"

#include "guide/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

namespace backtake::guide {

using base::fail;
using base::Fault;
using base::Nanos;

namespace {

constexpr std::size_t kLongestRespelling = 4096; // parseCueSheet() reads no longer one
constexpr std::size_t kLongestWordIpa = 4096;
constexpr std::size_t kLongestPhone = 64; // likewise
constexpr Nanos kLongestSheet = std::chrono::hours(24);

CueWord& wordAt(CueSheet& sheet, CueWordPlace at)
{
    assert(at.line < sheet.lines.size() && at.word < sheet.lines[at.line].words.size());
    return sheet.lines[at.line].words[at.word];
}

/// "1:02.350"
std::string clock(Nanos time)
{
    const auto ms = std::chrono::round<std::chrono::milliseconds>(time).count();
    return fmt::format("{}:{:02}.{:03}", ms / 60'000, ms / 1000 % 60, ms % 1000);
}

/// Over begins … ends, each as long as its parts.
void share(std::vector<Phone>& phones, Nanos begins, Nanos ends)
{
    const auto parts = [](const Phone& phone) { return phone.ipa.find("ː") != std::string::npos ? 2 : 1; };
    std::int64_t all = 0;
    for (const Phone& phone : phones)
        all += parts(phone);
    std::int64_t before = 0;
    for (Phone& phone : phones) {
        phone.begins = begins + (ends - begins) / all * before;
        before += parts(phone);
        phone.ends = before == all ? ends : begins + (ends - begins) / all * before;
    }
}

} // namespace

base::Outcome setRespelling(CueSheet& sheet, CueWordPlace at, std::string_view respelling)
{
    const bool blank = respelling.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (blank || respelling.size() > kLongestRespelling || !codePoints(respelling))
        return fail(Fault::Usage,
            blank ? "a respelling needs letters"
                  : fmt::format("a respelling is UTF-8 of at most {} bytes", kLongestRespelling));
    wordAt(sheet, at).respelling = respelling;
    return {};
}

base::Outcome setIpa(CueSheet& sheet, CueWordPlace at, std::string_view ipa)
{
    if (ipa.size() > kLongestWordIpa)
        return fail(Fault::Usage, fmt::format("the IPA of a word has at most {} bytes", kLongestWordIpa));
    auto phones = phonesOf(ipa);
    if (!phones)
        return fail(phones.error());
    for (const Phone& phone : *phones)
        if (phone.ipa.size() > kLongestPhone)
            return fail(Fault::Usage, "too many marks on one letter of the IPA");
    CueWord& word = wordAt(sheet, at);
    if (phones->size() == word.phones.size())
        for (std::size_t i = 0; i < phones->size(); ++i) {
            (*phones)[i].begins = word.phones[i].begins;
            (*phones)[i].ends = word.phones[i].ends;
        }
    else
        share(*phones, word.phones.front().begins, word.phones.back().ends);
    word.phones = std::move(*phones);
    return {};
}

base::Outcome fitTimes(CueSheet& sheet, CueWordPlace first, CueWordPlace last, Nanos begins, Nanos ends)
{
    if (begins < Nanos(0) || ends <= begins || ends > kLongestSheet)
        return fail(Fault::Usage,
            fmt::format("{} to {} is no time that a word could last: it ends after it begins", clock(begins),
                clock(ends)));
    const CueWord* before = nullptr;
    const CueWord* after = nullptr;
    std::vector<CueWord*> words;
    for (std::size_t line = 0; line < sheet.lines.size(); ++line)
        for (std::size_t number = 0; number < sheet.lines[line].words.size(); ++number) {
            CueWord& word = sheet.lines[line].words[number];
            if (line < first.line || (line == first.line && number < first.word))
                before = &word;
            else if (line < last.line || (line == last.line && number <= last.word))
                words.push_back(&word);
            else if (after == nullptr)
                after = &word;
        }
    assert(!words.empty());
    if (before != nullptr && before->phones.back().ends > begins)
        return fail(Fault::Usage,
            fmt::format("\"{}\" before it ends at {}: begin no earlier, or move that one first", before->text,
                clock(before->phones.back().ends)));
    if (after != nullptr && after->phones.front().begins < ends)
        return fail(Fault::Usage,
            fmt::format("\"{}\" after it begins at {}: end no later, or move that one first", after->text,
                clock(after->phones.front().begins)));
    const Nanos from = words.front()->phones.front().begins;
    const Nanos to = words.back()->phones.back().ends;
    // Times of a day fit a double to the nanosecond.
    const auto fitted = [&](Nanos time) {
        if (time >= to)
            return ends;
        return begins
            + Nanos(std::llround(static_cast<double>((time - from).count())
                / static_cast<double>((to - from).count()) * static_cast<double>((ends - begins).count())));
    };
    if (to == from) { // as a file may have it: nothing tells the shares
        for (std::size_t i = 0; i < words.size(); ++i) {
            const auto count = static_cast<std::int64_t>(words.size());
            const auto place = [&](std::size_t k) {
                return begins + (ends - begins) / count * static_cast<std::int64_t>(k);
            };
            share(words[i]->phones, place(i), i + 1 == words.size() ? ends : place(i + 1));
        }
    } else
        for (CueWord* word : words)
            for (Phone& phone : word->phones) {
                phone.begins = fitted(phone.begins);
                phone.ends = fitted(phone.ends);
            }
    sheet.duration = std::max(sheet.duration, ends);
    return {};
}

} // namespace backtake::guide
