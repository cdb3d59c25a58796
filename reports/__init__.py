"""What people read: metrics, figures, the HTML report, narratives and exports. They know the event vocabulary only."""
