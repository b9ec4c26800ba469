// Zeroes memory of which most is zero already, and never was touched: a page that is only read
// takes no memory, one that is written does.
#pragma once

#include <span>

namespace nma {

template <class T>
void clear_used(std::span<T> elements) {
    for (T& element : elements) {
        if (element != T{}) element = T{};
    }
}

}  // namespace nma
