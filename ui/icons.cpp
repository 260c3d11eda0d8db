#include "icons.h"

#include <QApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <QPixmapCache>
#include <QSvgRenderer>

// Outside of any namespace, as Q_INIT_RESOURCE asks. A static library's resources are not there
// before this was called.
static void loadResources()
{
    Q_INIT_RESOURCE(app);
}

namespace halftone::ui {

namespace {

class GlyphEngine : public QIconEngine
{
public:
    explicit GlyphEngine(QString file)
        : m_file(std::move(file))
    {
    }

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override
    {
        const qreal ratio = painter->device()->devicePixelRatioF();
        painter->drawPixmap(rect, scaledPixmap(rect.size() * ratio, mode, state, ratio));
    }

    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override
    {
        const QPalette::ColorGroup group =
            mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
        const QColor color = QApplication::palette().color(
            group, mode == QIcon::Selected ? QPalette::HighlightedText : QPalette::ButtonText);
        const QString key = QStringLiteral("glyph:%1:%2x%3:%4")
                                .arg(m_file)
                                .arg(size.width())
                                .arg(size.height())
                                .arg(color.rgba(), 0, 16);
        QPixmap result;
        if (QPixmapCache::find(key, &result))
            return result;
        result = QPixmap(size);
        result.fill(Qt::transparent);
        QPainter painter(&result);
        QSvgRenderer renderer(m_file);
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        renderer.render(&painter);
        painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
        painter.fillRect(result.rect(), color);
        painter.end();
        QPixmapCache::insert(key, result);
        return result;
    }

    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State state,
                         qreal scale) override
    {
        QPixmap result = pixmap(size, mode, state);
        result.setDevicePixelRatio(scale);
        return result;
    }

    [[nodiscard]] QIconEngine* clone() const override { return new GlyphEngine(m_file); }

private:
    QString m_file;
};

} // namespace

QIcon glyph(const QString& name)
{
    loadResources();
    return QIcon(new GlyphEngine(QStringLiteral(":/icons/%1.svg").arg(name)));
}

QIcon programIcon()
{
    loadResources();
    return QIcon(QStringLiteral(":/icons/halftone.svg"));
}

} // namespace halftone::ui
