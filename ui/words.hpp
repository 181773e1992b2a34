/// Short texts on the stack: labels are made anew each UI frame and must not allocate.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace backtake::ui {

/// At most @p N bytes of text, always terminated; what does not fit is cut off.
template <std::size_t N> class Words {
public:
    Words() = default;

    template <typename... Arguments>
    explicit Words(fmt::format_string<Arguments...> format, Arguments&&... arguments)
    {
        const auto written = fmt::format_to_n(data_.data(), N, format, std::forward<Arguments>(arguments)...);
        size_ = std::min(N, written.size);
        if (written.size > N)
            size_ = wholeLetters(size_);
        data_[size_] = '\0';
    }

    [[nodiscard]] const char* c_str() const { return data_.data(); }
    [[nodiscard]] const char* begin() const { return data_.data(); }
    [[nodiscard]] const char* end() const { return data_.data() + size_; }
    [[nodiscard]] std::string_view view() const { return { data_.data(), size_ }; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

private:
    /// The size without a UTF-8 letter that was cut in the middle: it would draw as a box.
    [[nodiscard]] std::size_t wholeLetters(std::size_t size) const
    {
        std::size_t lead = size;
        while (lead > 0 && (static_cast<unsigned char>(data_[lead - 1]) & 0xC0U) == 0x80U)
            --lead;
        if (lead == 0)
            return 0;
        const auto first = static_cast<unsigned char>(data_[lead - 1]);
        const std::size_t length = first < 0x80U ? 1 : first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
        return lead - 1 + length <= size ? size : lead - 1;
    }

    std::array<char, N + 1> data_ {};
    std::size_t size_ = 0;
};

} // namespace backtake::ui
