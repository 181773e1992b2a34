/// Short texts on the stack: labels are made anew each UI frame and must not allocate.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace backtake::ui {

/// At most @p N bytes of text, always terminated; what does not fit is cut off.
template <std::size_t N>
class Words {
public:
    Words() = default;

    template <typename... Arguments>
    explicit Words(fmt::format_string<Arguments...> format, Arguments&&... arguments)
    {
        const auto written = fmt::format_to_n(data_.data(), N, format, std::forward<Arguments>(arguments)...);
        size_ = std::min(N, written.size);
        // A cut in the middle of a UTF-8 letter would draw as a box.
        if (written.size > N) {
            while (size_ > 0 && (static_cast<unsigned char>(data_[size_]) & 0xC0) == 0x80)
                --size_;
        }
        data_[size_] = '\0';
    }

    [[nodiscard]] const char* c_str() const { return data_.data(); }
    [[nodiscard]] const char* begin() const { return data_.data(); }
    [[nodiscard]] const char* end() const { return data_.data() + size_; }
    [[nodiscard]] std::string_view view() const { return { data_.data(), size_ }; }
    [[nodiscard]] bool empty() const { return size_ == 0; }

private:
    std::array<char, N + 1> data_ {};
    std::size_t size_ = 0;
};

} // namespace backtake::ui
